import { join } from 'node:path'
import { changeOnLoad } from '../simulation/mutations/plant.ts'
import { withMutant, type Mutant } from './mutant.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** Plants the mutant in the library as this process loads it from now on. No file is written. */
export function plantMutant(mutant: Mutant): void {
  changeOnLoad((file, text) => (file === mutant.file ? withMutant(text, mutant) : undefined))
}
