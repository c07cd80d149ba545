import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'

const ROOT = join(import.meta.dirname, '../..')

export type Project = {
  readonly folder: string
  /** Writes a file, by its path in the project. */
  write(path: string, text: string): void
  remove(): void
}

/** A project of its own among the temporary files, in which this package and some of its dependencies are installed. */
export function aProject(
  files: Readonly<Record<string, string>>,
  installed: readonly string[] = ['valibot'],
): Project {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-project-'))
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  write('package.json', JSON.stringify({ name: 'project', type: 'module' }))
  for (const [path, text] of Object.entries(files)) write(path, text)
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/leasehold'))
  for (const name of installed)
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) }
}
