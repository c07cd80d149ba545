import { existsSync, statSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { EntryMissing, HandlerMissing } from '../errors.ts'

/** Where a project keeps its definitions unless it says otherwise. A file of the user's, and none of this package. */
const DEFAULT_ENTRY = `src/processes/index.ts`

/**
 * The module that exports `definitions`: the one that is named, the one of the project's configuration, or `DEFAULT_ENTRY`.
 * Undefined if none is named and the default is absent. Throws `EntryMissing`.
 */
export function findEntry(where: {
  readonly cwd: string
  readonly named?: string | undefined
  /** From the file that says it, which its path is relative to. */
  readonly configured?: { readonly entry: string; readonly folder: string; readonly by: string } | undefined
}): string | undefined {
  const { cwd, named, configured } = where
  if (named !== undefined) return existing(resolve(cwd, named), 'the argument')
  if (configured !== undefined) return existing(resolve(configured.folder, configured.entry), configured.by)
  const usual = join(cwd, DEFAULT_ENTRY)
  return existsSync(usual) ? usual : undefined
}

/** A module that exports `handler`, by a path that is relative to the folder of the file that says it. Throws `HandlerMissing`. */
export function findHandler(named: {
  readonly entry: string
  readonly folder: string
  readonly by: string
}): string {
  const entry = resolve(named.folder, named.entry)
  if (isFile(entry)) return entry
  throw new HandlerMissing({ entry, by: named.by })
}

function existing(entry: string, by: string): string {
  if (isFile(entry)) return entry
  throw new EntryMissing({ entry, by })
}

function isFile(path: string): boolean {
  return existsSync(path) && statSync(path).isFile()
}
