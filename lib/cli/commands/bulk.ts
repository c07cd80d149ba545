import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { countText } from '../../model/count-text.ts'
import type { Json } from '../../model/json.ts'
import type { ListedProcess, ListQuery, Page } from '../../registry/port.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../host/system.ts'
import { applyPlan } from '../bulk-apply.ts'
import {
  ELIGIBLE,
  readPlan,
  settledIds,
  summaryOf,
  writePlan,
  type BulkAction,
  type BulkPlan,
  type BulkResult,
} from '../bulk-plan.ts'
import type { CommandInput, CommandHost, CommandRun } from '../command.ts'
import { confirmed } from '../confirm.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import { momentOf } from '../moment.ts'
import type { Session } from '../session.ts'
import type { BULK_APPLY, BULK_CANCEL, BULK_RESUME, BULK_RETRY, BULK_SIGNAL } from '../specs/bulk.ts'
import { typedValue } from '../typed-value.ts'

const DEFAULT_RATE = 10

export const bulkCancel: CommandRun<typeof BULK_CANCEL> = (asked, host) => {
  const { reason } = asked.values
  const body: Record<string, Json> = reason === undefined ? {} : { reason }
  return bulk('cancel', asked, host, () => body)
}
export const bulkResume: CommandRun<typeof BULK_RESUME> = (asked, host) =>
  bulk('resume', asked, host, () => ({}))
export const bulkRetry: CommandRun<typeof BULK_RETRY> = (asked, host) =>
  bulk('retry', asked, host, () => ({}))
export const bulkSignal: CommandRun<typeof BULK_SIGNAL> = async (asked, host) => {
  const payload = await typedValue('--payload', asked.values.payload)
  return bulk('signal', asked, host, (plan) => ({ name: asked.args.name, key: plan, payload }))
}

/** Plans, shows the plan, asks, applies. */
async function bulk(
  action: BulkAction,
  { values, common }: Pick<CommandInput<typeof BULK_RESUME>, 'values' | 'common'>,
  host: CommandHost,
  bodyOf: (plan: string) => Record<string, Json>,
): Promise<ExitCode> {
  const query = queryOf(values)
  const session = await host.open()
  const statuses = values.status === undefined ? ELIGIBLE[action] : [values.status]
  const known = statuses.filter((each) => ELIGIBLE[action].includes(each))
  if (known.length === 0)
    throw new UsageError(
      `${action} has no meaning for ${values.status}: it takes ${ELIGIBLE[action].join(', ')}`,
    )
  const items = await found(session, query, known)
  const name = `bulk-${SYSTEM_CHANCE.token()}`
  const plan: BulkPlan = {
    format: 'leasehold-bulk',
    version: 1,
    plan: name,
    url: session.url,
    action,
    body: bodyOf(name),
    statuses: known,
    items,
  }
  for (const line of summaryOf(plan)) host.terminal.note(line)
  const path = values.plan ?? `leasehold-${name}.json`
  writeNew(path, writePlan(plan))
  host.terminal.note(`plan: ${path}`)
  if (items.length === 0 || common['dry-run'] === true) return EXIT.ok
  if (
    !(await confirmed(
      `${action} ${items.length === 1 ? 'this process' : `these ${items.length} processes`}?`,
      common,
      host.terminal,
    ))
  ) {
    host.terminal.note(`nothing is done; later: leasehold bulk apply ${path}`)
    return EXIT.interrupted
  }
  return run(plan, path, session, { host, rate: values.rate ?? DEFAULT_RATE, json: common.json === true })
}

export const bulkApply: CommandRun<typeof BULK_APPLY> = async ({ args, values, common }, host) => {
  const path = args.file
  const plan = readPlan(textOf(path), path)
  const session = await host.open()
  if (session.url !== plan.url)
    throw new UsageError(`${path} is a plan for ${plan.url}, and the target is at ${session.url}`)
  for (const line of summaryOf(plan)) host.terminal.note(line)
  if (common['dry-run'] === true) return EXIT.ok
  if (!(await confirmed(`${plan.action} these processes?`, common, host.terminal))) return EXIT.interrupted
  return run(plan, path, session, { host, rate: values.rate ?? DEFAULT_RATE, json: common.json === true })
}

async function run(
  plan: BulkPlan,
  path: string,
  { call }: Session,
  { host, rate, json }: { readonly host: CommandHost; readonly rate: number; readonly json: boolean },
): Promise<ExitCode> {
  const lines = `${path}.done`
  const settled = settledIds(existsSync(lines) ? textOf(lines) : '')
  if (settled.size > 0)
    host.terminal.note(`${countText(settled.size, 'is', 'are')} settled already, and left alone`)
  const signal = host.interrupted()
  const counts = { applied: 0, skipped: 0, failed: 0 }
  const done = (each: BulkResult): void => {
    counts[each.did] += 1
    // On a line of its own whatever a killed command left of the last.
    appendFileSync(lines, `\n${JSON.stringify(each)}`)
    if (each.did === 'failed') host.terminal.note(`${each.id}: ${each.why ?? ''}`)
  }
  await applyPlan(plan, { call, clock: SYSTEM_CLOCK, settled, rate, signal, done })
  const { applied, skipped, failed } = counts
  host.terminal.note(
    `${applied} applied, ${skipped} skipped because they had moved, ${failed} failed (${lines})`,
  )
  if (json) await host.terminal.line(JSON.stringify({ ...counts, plan: path }))
  if (signal.aborted) host.terminal.note(`interrupted; to continue: leasehold bulk apply ${path}`)
  return signal.aborted ? EXIT.interrupted : failed > 0 ? EXIT.partly : EXIT.ok
}

function queryOf(values: CommandInput<typeof BULK_RESUME>['values']): ListQuery {
  const { kind, scope, status, from, to } = values
  if (kind === undefined && scope === undefined)
    throw new UsageError('name the processes: --kind KIND or --scope SCOPE')
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(scope === undefined ? {} : { scope }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { createdFrom: momentOf(from) }),
    ...(to === undefined ? {} : { createdBefore: momentOf(to) }),
  }
}

async function found(
  { client }: Session,
  query: ListQuery,
  statuses: BulkPlan['statuses'],
): Promise<BulkPlan['items']> {
  const items: BulkPlan['items'] = []
  let cursor: string | undefined
  do {
    const asked = cursor === undefined ? query : { ...query, cursor }
    const page: Page<ListedProcess> = await client.list(asked)
    for (const { id, status } of page.items) if (statuses.includes(status)) items.push({ id, status })
    cursor = page.cursor
  } while (cursor !== undefined)
  return items
}

function textOf(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`${path} cannot be read (${codeOf(error)})`, { cause: error })
  }
}

/** Never over another plan: its lines would count for this one. */
function writeNew(path: string, text: string): void {
  try {
    writeFileSync(path, text, { flag: 'wx', mode: 0o600 })
  } catch (error) {
    if (codeOf(error) === 'EEXIST')
      throw new UsageError(
        `${path} is there already: name another file by --plan, or apply it: leasehold bulk apply ${path}`,
      )
    throw new CommandFailed(`${path} cannot be written (${codeOf(error)})`, EXIT.failed, error)
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code)
}
