import { entry, type Entry } from './command.ts'
import { DEV } from './specs/dev.ts'
import { LIST } from './specs/looking.ts'

/** Every command, in the order of the help. */
export const TABLE: readonly Entry[] = [
  entry(DEV, async () => (await import('./dev/dev.ts')).dev),
  entry(LIST, async () => (await import('./commands/list.ts')).list),
]
