import { dirname } from 'node:path'
import { findEntry } from '../local/dev/entry.ts'
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
