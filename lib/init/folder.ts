import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { InitPlan } from './plan.ts'

/** What a folder has beside a project: a repository's own folder, and what systems leave in each. */
const IGNORED: ReadonlySet<string> = new Set(['.git', '.DS_Store', 'Thumbs.db'])

/** The names in a folder. None if the folder is absent. Throws the file system's error for a path that is no folder. */
export function namesIn(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder).filter((name) => !IGNORED.has(name)) : []
}

export function existingOf(folder: string, paths: readonly string[]): ReadonlySet<string> {
  return new Set(paths.filter((path) => existsSync(join(folder, path))))
}

export function textIn(folder: string, path: string): string {
  return readFileSync(join(folder, path), 'utf8')
}

/** Writes the files of the plan. A file that appeared meanwhile is an error, and is not overwritten. */
export function carryOut(folder: string, { create, change }: InitPlan): void {
  for (const { path, text } of create) {
    const file = join(folder, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text, { flag: 'wx' })
  }
  if (change === undefined) return
  // At no time is there half a package.json.
  const next = join(folder, `.${change.path}.leasehold`)
  try {
    writeFileSync(next, change.text, { flag: 'wx' })
    renameSync(next, join(folder, change.path))
  } finally {
    rmSync(next, { force: true })
  }
}
