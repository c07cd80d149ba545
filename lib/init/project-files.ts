import { globSync, readFileSync } from 'node:fs'
import { join, sep } from 'node:path'
import type { OwnManifest } from './manifest.ts'
import type { ProjectFile } from './plan.ts'

/** Files whose name in the template would mean something to npm, TypeScript or GitHub where it is kept. */
const PLACES: Readonly<Record<string, string>> = {
  gitignore: '.gitignore',
  'tsconfig.project.json': 'tsconfig.json',
  'workflow.yml': '.github/workflows/ci.yml',
}

/** The files of the template in this package's folder, by their paths in a project. */
export function templateFiles(packageFolder: string): readonly ProjectFile[] {
  const folder = join(packageFolder, 'templates/project')
  const paths = globSync('**/*.*', { cwd: folder }).concat('gitignore')
  return paths
    .map((path) => {
      const kept = path.split(sep).join('/')
      return { path: PLACES[kept] ?? kept, text: readFileSync(join(folder, path), 'utf8') }
    })
    .toSorted((a, b) => (a.path < b.path ? -1 : 1))
}

export function ownManifest(packageFolder: string): OwnManifest {
  return JSON.parse(readFileSync(join(packageFolder, 'package.json'), 'utf8')) as OwnManifest
}
