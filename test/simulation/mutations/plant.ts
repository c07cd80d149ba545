import { registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Edit, Planted } from './bug.ts'
import { PLANTED } from './planted.ts'

const ROOT_URL = `${pathToFileURL(join(import.meta.dirname, '../../..')).href}/`
const LIBRARY = `${ROOT_URL}lib/`

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
  const byFile = new Map<string, readonly Edit[]>()
  for (const edit of bugNamed(name).edits) byFile.set(edit.file, [...(byFile.get(edit.file) ?? []), edit])
  changeOnLoad((file, text) => byFile.get(file)?.reduce(withBug, text))
}

/**
 * Changes files as this process loads them from now on. `change` gets the path from the project's root, and returns
 * undefined for a file that stays as it is.
 */
export function changeOnLoad(change: (file: string, text: string) => string | undefined): void {
  registerHooks({
    load(url, context, next) {
      const loaded = next(url, context)
      if (!url.startsWith(LIBRARY)) return loaded
      const file = url.slice(ROOT_URL.length)
      const source = change(file, Buffer.from(asBytes(loaded.source)).toString('utf8'))
      return source === undefined ? loaded : { ...loaded, source }
    },
  })
}

function asBytes(source: unknown): Uint8Array {
  if (typeof source === 'string') return Buffer.from(source)
  if (source instanceof Uint8Array) return source
  throw new Error('a module of the library has a source')
}
