import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { projectIn, type Project } from './install.ts'

const ROOT = join(import.meta.dirname, '../..')
const NAME = 'shop'

/** A project that `npm create leasehold` made from the tarball, installed with that tarball. */
export class Scaffold {
  readonly project: Project
  /** What the command printed. */
  readonly said: string

  constructor(project: Project, said: string) {
    this.project = project
    this.said = said
  }

  /** Installs package and creator in the folder, and makes a project below it. */
  static async made(folder: string, tarball: string): Promise<Scaffold> {
    const leasehold = `file:${tarball}`
    const creator = join(folder, 'create-leasehold')
    mkdirSync(folder)
    cpSync(join(ROOT, 'packages/create-leasehold'), creator, { recursive: true })
    edit(join(creator, 'package.json'), 'dependencies', { leasehold })
    await installed(projectIn(creator))
    const { code, stdout, stderr } = await projectIn(folder).run(
      process.execPath,
      join(creator, 'create.js'),
      NAME,
    )
    if (code !== 0) throw new Error(`create-leasehold ended with ${code}:\n${stdout}\n${stderr}`)
    const project = projectIn(join(folder, NAME))
    edit(join(project.folder, 'package.json'), 'dependencies', { leasehold })
    await installed(project)
    return new Scaffold(project, stdout)
  }
}

async function installed(project: Project): Promise<void> {
  const { code, stdout, stderr } = await project.run(
    'npm',
    'install',
    '--no-audit',
    '--no-fund',
    '--loglevel=error',
  )
  if (code !== 0) throw new Error(`npm install ended with ${code}:\n${stdout}\n${stderr}`)
}

function edit(manifest: string, group: string, names: Readonly<Record<string, string>>): void {
  const described = JSON.parse(readFileSync(manifest, 'utf8')) as Record<string, object>
  writeFileSync(manifest, JSON.stringify({ ...described, [group]: { ...described[group], ...names } }))
}
