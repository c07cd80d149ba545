import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { withMutant, type Mutant } from './mutant.ts'

export const ROOT = join(import.meta.dirname, '../..')

/** Plants the mutant in the library as this process loads it from now on. No file is written. */
export function plantMutant(mutant: Mutant): void {
  const target = pathToFileURL(join(ROOT, mutant.file)).href
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (url !== target) return loaded
      return { ...loaded, source: withMutant(textOf(loaded.source), mutant) }
    },
  })
}

function textOf(source: unknown): string {
  if (typeof source === 'string') return source
  if (source instanceof Uint8Array) return Buffer.from(source).toString('utf8')
  throw new TypeError('a module of the library has no source text')
}
