import { existsSync, globSync } from 'node:fs'
import { join } from 'node:path'

/** The text of a config file, and the folders whose names begin a path of this repository. */
type Config = { readonly text: string; readonly folders: readonly string[] }

/** What stands between quotes on one line: a path, a glob, or a command that has some among its words. */
const QUOTED = /(['"`])((?:(?!\1)[^\n\\])*)\1/gu
/** The part of a glob that lists alternatives. */
const ALTERNATIVES = /\{([^{}]*,[^{}]*)\}/u

/** Each path and glob that a config names, relative to the root, with one entry for each alternative of a glob. */
export function pathsNamedIn({ text, folders }: Config): readonly string[] {
  const words = [...text.matchAll(QUOTED)].flatMap(([, , quoted = '']) => quoted.split(/\s+/u))
  const named = words
    .map((word) => word.replace(/^!?(?:\.\/)?|[,;:]$/gu, ''))
    .filter((word) => folders.some((folder) => word.startsWith(`${folder}/`)))
    // A path that code puts together is not named here.
    .filter((word) => !word.includes('${'))
  return [...new Set(named.flatMap(alternatives))]
}

function alternatives(glob: string): readonly string[] {
  const [all, list] = ALTERNATIVES.exec(glob) ?? []
  if (all === undefined || list === undefined) return [glob]
  return list.split(',').flatMap((each) => alternatives(glob.replace(all, each)))
}

/** Those of the paths and globs that no file and no folder below the root matches. */
export function unmatched(paths: readonly string[], root: string): readonly string[] {
  return paths.filter((path) => !existsSync(join(root, path)) && globSync(path, { cwd: root }).length === 0)
}
