import { extname, join } from 'node:path'

/**
 * The file of a module of this package that is named by its path and not imported: a child process, the entry of a
 * bundle. A module is TypeScript in this repository and JavaScript in the package, so the ending is the asking module's.
 *
 *     moduleFile(import.meta, './guard')
 */
export function moduleFile(asking: Pick<ImportMeta, 'dirname' | 'filename'>, path: string): string {
  return join(asking.dirname, `${path}${extname(asking.filename)}`)
}
