import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { measureInstall, type InstalledSize } from '../../.ci/package-size.ts'
import { Program } from '../helpers/program.ts'
import { NPM_INSTALL, pathWithoutJava, projectIn, type Project } from './install.ts'

const ROOT = join(import.meta.dirname, '../..')
const NAME = 'shop'

/** A project that `npm create leasehold` made from the tarball, installed with that tarball. No Java is on its PATH. */
export class Scaffold {
  readonly project: Project
  /** What the command printed. */
  readonly said: string
  /** Of the package as the creator installs it, which is an install with production dependencies. */
  readonly installed: InstalledSize

  constructor(project: Project, said: string, installed: InstalledSize) {
    this.project = project
    this.said = said
    this.installed = installed
  }

  /** Installs package and creator in the folder, and makes a project below it. */
  static async made(folder: string, tarball: string): Promise<Scaffold> {
    mkdirSync(folder)
    const path = pathWithoutJava(folder)
    // As npm does for `npm create`: creator and package lie side by side in one install.
    const installed = measureInstall(tarball, folder)
    const creator = join(folder, 'node_modules/create-leasehold')
    cpSync(join(ROOT, 'packages/create-leasehold'), creator, { recursive: true })
    const { code, stdout, stderr } = await projectIn(folder, path).run(
      'node',
      join(creator, 'create.js'),
      NAME,
    )
    if (code !== 0) throw new Error(`create-leasehold ended with ${code}:\n${stdout}\n${stderr}`)
    const project = projectIn(join(folder, NAME), path)
    useTarball(join(project.folder, 'package.json'), tarball)
    const install = await project.run('npm', ...NPM_INSTALL)
    if (install.code !== 0) throw new Error(`npm install ended with ${install.code}:\n${install.stderr}`)
    return new Scaffold(project, stdout, installed)
  }

  /** Starts `leasehold dev`. */
  dev(): Program {
    const { folder: cwd, env } = this.project
    return new Program(['dev', '--workers', '1'], { cwd, env, command: 'node_modules/.bin/leasehold' })
  }

  /** Changes a file as an editor does. */
  edit(path: string, from: string, to: string): void {
    const file = join(this.project.folder, path)
    const text = readFileSync(file, 'utf8')
    if (!text.includes(from)) throw new Error(`${path} does not have ${from}`)
    writeFileSync(file, text.replace(from, to))
  }
}

function useTarball(manifest: string, tarball: string): void {
  const described = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly dependencies: object }
  const dependencies = { ...described.dependencies, leasehold: `file:${tarball}` }
  writeFileSync(manifest, JSON.stringify({ ...described, dependencies }))
}
