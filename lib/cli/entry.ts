import { dirname } from 'node:path'
import { findEntry, findHandler } from '../local/dev/entry.ts'
import type { OwnHandlers } from '../local/dev/programs.ts'
import { findProject } from './project.ts'

/** The module of a project's definitions, as its user or its package.json names it, or where it usually is. Throws `EntryMissing`. */
export function entryOf(cwd: string, named: string | undefined): string | undefined {
  const project = findProject(cwd)
  const entry = project?.config.entry
  return findEntry({
    cwd,
    named,
    configured:
      project === undefined || entry === undefined
        ? undefined
        : { entry, folder: dirname(project.path), by: `leasehold.entry in ${project.path}` },
  })
}

/** The project's own worker and API, if its package.json names them. Throws `HandlerMissing`. */
export function handlersOf(cwd: string): OwnHandlers {
  const project = findProject(cwd)
  if (project === undefined) return {}
  const { workerEntry, apiEntry } = project.config
  const found = (key: string, entry: string | undefined) =>
    entry === undefined
      ? undefined
      : findHandler({ entry, folder: dirname(project.path), by: `leasehold.${key} in ${project.path}` })
  const [worker, api] = [found('workerEntry', workerEntry), found('apiEntry', apiEntry)]
  return { ...(worker === undefined ? {} : { worker }), ...(api === undefined ? {} : { api }) }
}
