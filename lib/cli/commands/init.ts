import { basename, resolve } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { carryOut, existingOf, namesIn, textIn } from '../../init/folder.ts'
import { nameIssue, newManifest } from '../../init/manifest.ts'
import { planProject, type Manifest, type InitPlan } from '../../init/plan.ts'
import { ownManifest, templateFiles } from '../../init/project-files.ts'
import type { CommandRun } from '../command.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import type { INIT } from '../specs/init.ts'
import { packageFolder } from '../version.ts'

export const init: CommandRun<typeof INIT> = async ({ args, values, common }, { terminal, cwd }) => {
  const folder = resolve(cwd, args.dir ?? '.')
  const found = foundIn(folder)
  const plan = planOf(folder, values.name, found)
  for (const { path } of plan.create) await terminal.line(`create  ${path}`)
  if (plan.change !== undefined) await terminal.line(`change  ${plan.change.path}`)
  for (const left of plan.leave) await terminal.line(`leave   ${left}`)
  if (common['dry-run'] === true) return EXIT.ok
  if (found !== undefined && common.yes !== true && !(await agreed(folder, terminal.isInteractive))) {
    terminal.note('Nothing was written.')
    return EXIT.refused
  }
  written(folder, () => carryOut(folder, plan))
  const there = folder === cwd ? '' : `cd ${args.dir ?? folder} && `
  terminal.note(`Next: ${there}npm install && npm test && npm run dev`)
  return EXIT.ok
}

/** The package.json of the folder. Throws `CommandFailed` for a folder that is neither empty nor a project of ES modules. */
function foundIn(folder: string): Manifest | undefined {
  const names = written(folder, () => namesIn(folder))
  if (!names.includes('package.json')) {
    if (names.length === 0) return undefined
    throw new CommandFailed(
      `${folder} is not empty and has no package.json; name another folder, or run npm init there first`,
      EXIT.refused,
    )
  }
  const found = manifestIn(folder)
  if (found['type'] === 'module') return found
  throw new CommandFailed(
    `${folder}/package.json is not of ES modules: a project needs "type": "module" there; add it, or name another folder`,
    EXIT.refused,
  )
}

function manifestIn(folder: string): Manifest {
  const unreadable = (cause?: unknown) =>
    new CommandFailed(`${folder}/package.json is not a JSON object; correct it first`, EXIT.refused, cause)
  let value: unknown
  try {
    value = JSON.parse(textIn(folder, 'package.json'))
  } catch (error) {
    throw unreadable(error)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw unreadable()
  return value as Manifest
}

function planOf(folder: string, named: string | undefined, found: Manifest | undefined): InitPlan {
  const name = named ?? basename(folder)
  const issue = found === undefined || named !== undefined ? nameIssue(name) : undefined
  if (issue !== undefined)
    throw new UsageError(
      `npm refuses the name ${JSON.stringify(name)}: ${issue}; choose another by --name NAME`,
    )
  const own = packageFolder()
  const files = templateFiles(own)
  const manifest = newManifest(name, ownManifest(own))
  const existing = existingOf(
    folder,
    files.map(({ path }) => path),
  )
  return planProject({ files, manifest, existing, ...(found === undefined ? {} : { found }) })
}

async function agreed(folder: string, isInteractive: boolean): Promise<boolean> {
  if (!isInteractive) throw new UsageError(`${folder} has a project already; add to it by --yes`)
  const asking = createInterface({ input: process.stdin, output: process.stderr })
  try {
    return /^y(?:es)?$/iu.test(await asking.question(`Add this to ${folder}? [y/N] `))
  } finally {
    asking.close()
  }
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'you have no right to it',
  EPERM: 'you have no right to it',
  EROFS: 'its file system is read-only',
  ENOTDIR: 'it is not a folder',
  EEXIST: 'a file appeared there meanwhile',
  ENOSPC: 'its disk is full',
}

/** Does the file work. Throws `CommandFailed` for what the file system refuses. */
function written<T>(folder: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    const { code = '', path = folder } = error as NodeJS.ErrnoException
    const reason = REFUSALS[code]
    if (reason === undefined) throw error
    throw new CommandFailed(`cannot use ${path}: ${reason}`, EXIT.failed, error)
  }
}
