import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edit, Planted } from './bug.ts'
import { PLANTED } from './planted.ts'

const ROOT = join(import.meta.dirname, '../../..')

/** The text with the bug in it. Throws where what is to be replaced does not stand there exactly once. */
export function withBug(text: string, edit: Edit): string {
  const parts = text.split(edit.find)
  if (parts.length !== 2)
    throw new Error(`${edit.file}: expected this once, found it ${parts.length - 1} times: ${edit.find}`)
  return parts.join(edit.replace)
}

/** The one bug of the list whose name has this in it: names are long, and have characters that few keyboards have. */
export function bugNamed(text: string): Planted {
  const exact = PLANTED.filter(({ name }) => name === text)
  const found = exact.length > 0 ? exact : PLANTED.filter(({ name }) => name.includes(text))
  const [planted, second] = found
  if (planted === undefined) throw new Error(`no bug of the list is called ${text}`)
  if (second !== undefined)
    throw new Error(`several bugs of the list: ${found.map(({ name }) => name).join('; ')}`)
  return planted
}

/** Plants a bug in the library as this process loads it from now on. Nothing is written. */
export function plant(name: string): void {
  const planted = bugNamed(name)
  const byUrl = new Map<string, readonly Edit[]>()
  for (const edit of planted.edits) {
    const url = pathToFileURL(join(ROOT, edit.file)).href
    byUrl.set(url, [...(byUrl.get(url) ?? []), edit])
  }
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      const edits = byUrl.get(url)
      if (edits === undefined) return loaded
      const source = edits.reduce(withBug, Buffer.from(asBytes(loaded.source)).toString('utf8'))
      return { ...loaded, source }
    },
  })
}

function asBytes(source: unknown): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source)
  if (source instanceof Uint8Array) return source
  throw new Error('a module of the library has a source')
}
