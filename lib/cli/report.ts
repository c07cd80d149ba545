import type { ProcessView } from '../client/processes.ts'
import type { WaitsView } from '../client/waits.ts'
import { countText } from '../model/count-text.ts'
import { inWords } from '../model/duration.ts'
import type { Payload } from '../model/log.ts'
import { isEnded, shownOutput } from './ended.ts'
import type { Terminal } from './terminal.ts'
import { shellWord, waitLines } from './wait-lines.ts'

// A process for the eyes of an operator: what it does now, why, and which commands help.

type Ways = Pick<Terminal, 'at' | 'styled'>
/** A value longer than this is cut: `--json` has the whole of it. */
const VALUE_MAX = 2_000
const NAME_WIDTH = 11

/** `waits`: of an open process that does not run. */
export function reportOf(view: ProcessView, waits: WaitsView | undefined, { at, styled }: Ways): string[] {
  const { id, kind, status, lease, failing, output } = view
  const facts: (readonly [name: string, value: string | undefined])[] = [
    ['kind', view.version === undefined ? kind : `${kind}, version ${view.version}`],
    ['status', styled(STYLES[status], status)],
    ['waits for', waits === undefined || waits.waits.length === 0 ? undefined : below(waitLines(waits, at))],
    ['held by', lease && `${lease.ownerId}, since ${at(lease.claimedAt)}, until ${at(lease.expiresAt)}`],
    [
      'step',
      lease?.step && `${lease.step.name}, attempt ${lease.step.attempt}, since ${at(lease.step.since)}`,
    ],
    [
      'failing',
      failing &&
        `${failing.name}, ${countText(failing.attempts, 'attempt')}; ${failing.error.class}: ${failing.error.message}; again at ${at(failing.dueAt)}`,
    ],
    ['unread', view.unread === undefined ? undefined : `signals ${view.unread.join(', ')}`],
    ['cancel', requestText(view.cancel, at)],
    ['abandon', requestText(view.abandon, at)],
    [
      'claims',
      view.stalls > 0
        ? `${view.fence}, and ${countText(view.stalls, 'worker')} died with it`
        : String(view.fence),
    ],
    ['entries', String(view.seq)],
    ['scope', view.scope],
    ['parent', view.parent?.id],
    ['children', view.children === undefined ? undefined : String(view.children)],
    ['slot of', view.concurrency && `${view.concurrency.key}, ${view.concurrency.limit} at once`],
    ['timeout', view.limits?.timeoutMs === undefined ? undefined : inWords(view.limits.timeoutMs)],
    ['retry of', view.provenance?.retryOf],
    ['retried by', view.retriedBy],
    ['starts at', view.startAt === undefined ? undefined : at(view.startAt)],
    ['created', at(view.createdAt)],
    ['started', view.startedAt === undefined ? undefined : at(view.startedAt)],
    ['ended', view.endedAt === undefined ? undefined : at(view.endedAt)],
    ['input', payloadText(view.input)],
    ['output', output && outputText(output)],
  ]
  const rows = facts.flatMap(([name, value]) =>
    value === undefined ? [] : [`${styled('dim', name.padEnd(NAME_WIDTH))} ${value}`],
  )
  return [styled('bold', id), ...rows, '', ...nextCommands(view).map((line) => `  ${styled('cyan', line)}`)]
}

/** Further lines stand below the first one. */
function below(lines: readonly string[]): string {
  return lines.join(`\n${' '.repeat(NAME_WIDTH + 1)}`)
}

const STYLES = {
  pending: 'reset',
  running: 'blue',
  waiting: 'reset',
  stuck: 'red',
  completed: 'green',
  failed: 'red',
  cancelled: 'yellow',
  abandoned: 'yellow',
} as const satisfies Record<ProcessView['status'], string>

/** What an operator may type next, the likeliest first. */
function nextCommands({ id, status, wait, concurrency, retriedBy }: ProcessView): string[] {
  if (isEnded(status))
    return [
      `leasehold result ${id}`,
      `leasehold log ${id}`,
      ...(status === 'completed'
        ? []
        : [retriedBy === undefined ? `leasehold retry ${id}` : `leasehold show ${retriedBy}`]),
    ]
  const signals = wait?.for === 'effects' ? wait.on.filter((each) => each.startsWith('signal ')) : []
  return [
    ...(status === 'stuck' ? [`leasehold resume ${id}`] : []),
    ...signals.map((each) => `leasehold signal ${id} ${shellWord(nameIn(each))} --payload JSON`),
    ...(wait?.for === 'slot' && concurrency !== undefined
      ? [`leasehold slots ${shellWord(concurrency.key)}`]
      : []),
    `leasehold log ${id} -f`,
    `leasehold cancel ${id}`,
    ...(status === 'stuck' ? [`leasehold abandon ${id}`] : []),
  ]
}

/** The name of a signal, which a wait has in quotes. */
function nameIn(title: string): string {
  const quoted = title.slice('signal '.length)
  return quoted.startsWith('"') ? String(JSON.parse(quoted)) : quoted
}

function requestText(request: ProcessView['cancel'], at: Terminal['at']): string | undefined {
  if (request === undefined) return undefined
  const { reason, by } = request
  return [
    `asked at ${at(request.at)}`,
    ...(by === undefined ? [] : [`by ${by}`]),
    ...(reason === undefined ? [] : [reason]),
  ].join(', ')
}

function outputText(output: NonNullable<ProcessView['output']>): string {
  return output.outcome === 'success' ? payloadText(output.value) : shownOutput(output)
}

export function payloadText(payload: Payload): string {
  if ('ref' in payload) return `${payload.bytes} bytes, kept apart`
  const text = JSON.stringify(payload.value)
  return text.length <= VALUE_MAX
    ? text
    : `${text.slice(0, VALUE_MAX).toWellFormed()}… (${text.length} characters)`
}
