import { readFileSync, writeFileSync } from 'node:fs'
import pMap from 'p-map'
import { verdictLine } from '../../local/dev/lines.ts'
import { findPackages } from '../../local/packages.ts'
import { countText } from '../../model/count-text.ts'
import { OPEN_STATUSES, type Status } from '../../model/record.ts'
import { parseProcessId, type ProcessId } from '../../model/ids.ts'
import { readHistory, type History } from '../../testing/history.ts'
import type { CommandHost, CommandRun } from '../command.ts'
import { entryOf } from '../entry.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { fetchHistory } from '../fetch-history.ts'
import { junitOf } from '../junit.ts'
import type { Session } from '../session.ts'
import type { REPLAY } from '../specs/looking.ts'

/** Enough to meet each place where processes of a kind wait, and few enough for a step of CI. */
const SAMPLE = 100
const FETCHED_AT_ONCE = 4

export const replay: CommandRun<typeof REPLAY> = async ({ args, values, common }, host) => {
  const { kind, open, sample, junit } = values
  if ((kind === undefined) === (args.files.length === 0))
    throw new UsageError('name what to replay: files of `leasehold history`, or --kind KIND')
  if (kind === undefined && (open === true || sample !== undefined))
    throw new UsageError('--open and --sample choose among the processes of a kind: add --kind KIND')
  const { terminal, cwd, env } = host
  const entry = entryOf(cwd, values.entry)
  if (entry === undefined)
    throw new UsageError(
      'name the module that exports your definitions: --entry MODULE, or leasehold.entry in package.json',
    )
  findPackages(['esbuild'])
  const histories =
    kind === undefined
      ? args.files.map((path) => readHistory(textOf(path), path))
      : await fetched(host, {
          kind,
          statuses: open === true ? OPEN_STATUSES : [undefined],
          max: sample ?? SAMPLE,
        })
  // Loaded only now: misuse is answered without the bundler.
  const { replayAgainst } = await import('../../local/dev/replay-against.ts')
  const verdicts = await replayAgainst({ entry, root: cwd, histories, env })
  for (const verdict of verdicts)
    await terminal.line(common.json === true ? JSON.stringify(verdict) : verdictLine(verdict))
  if (junit !== undefined) write(junit, junitOf(verdicts))
  const problems = verdicts.filter(({ verdict }) => verdict === 'diverges' || verdict === 'unusable').length
  terminal.note(`${verdicts.length} replayed, ${problems} with problems`)
  return problems === 0 ? EXIT.ok : EXIT.problems
}

type ReplaySelection = {
  readonly kind: string
  /** Undefined: of any status. */
  readonly statuses: readonly (Status | undefined)[]
  readonly max: number
}

async function fetched(
  { open, terminal }: CommandHost,
  wanted: ReplaySelection,
): Promise<readonly History[]> {
  const session = await open()
  const ids = await newest(session, wanted)
  const found = await pMap(ids, (id) => fetchHistory(session.call, id), { concurrency: FETCHED_AT_ONCE })
  const missing = found.reduce((sum, each) => sum + each.missing, 0)
  if (missing > 0)
    terminal.note(
      `${countText(missing, 'value is', 'values are')} too large for an answer of the API, and not in the histories`,
    )
  return found.map(({ history }) => history)
}

async function newest(
  { client }: Session,
  { kind, statuses, max }: ReplaySelection,
): Promise<readonly ProcessId[]> {
  const ids: ProcessId[] = []
  for (const status of statuses) {
    let cursor: string | undefined
    do {
      const page = await client.list({
        kind,
        limit: Math.min(max - ids.length, 100),
        ...(status === undefined ? {} : { status }),
        ...(cursor === undefined ? {} : { cursor }),
      })
      ids.push(...page.items.map(({ id }) => parseProcessId(id)))
      cursor = page.cursor
    } while (cursor !== undefined && ids.length < max)
    if (ids.length >= max) break
  }
  return ids.slice(0, max)
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new UsageError(`${path} cannot be read (${String(code)})`, { cause: error })
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailed(`${path} cannot be written (${String(code)})`, EXIT.failed, error)
  }
}
