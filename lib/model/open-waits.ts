import type { EpochMs } from './clock.ts'
import { WAITS_SHOWN } from './limits.ts'
import { numberTail, type LogEntry } from './log.ts'
import type { ErrorFacts } from './recorded-error.ts'
import type { ProcessRecord, Wait } from './record.ts'

// What an open process waits for, one by one. A parked row names its waits; since when and until when each of them waits
// is in its log, where the wait began.

/**
 * `signal`, `callback`, `child` and `timer`: effects of its code. `retry`: the next attempt of a step. `slot`: a place under a
 * concurrency key. `worker`: any worker. `undeployed`: a worker with its kind. `external`: its completion. `resume`: an operator.
 */
export const WAIT_KINDS = [
  'signal',
  'callback',
  'child',
  'timer',
  'retry',
  'slot',
  'worker',
  'undeployed',
  'external',
  'resume',
] as const
type WaitKind = (typeof WAIT_KINDS)[number]

export type OpenWait = {
  readonly for: WaitKind
  /** Of the signal, callback, timer or step; the id of the child; the concurrency key; the kind that is not deployed. */
  readonly name?: string
  readonly since?: EpochMs
  /** When the wait ends by itself. */
  readonly until?: EpochMs
  readonly error?: ErrorFacts
}

/** Entries below this number have to be read to date the waits of this row; 0 if the row tells all. */
export function datedBefore(record: ProcessRecord): number {
  if (record.status !== 'waiting' || record.wait.for !== 'effects') return 0
  // Without a due time no wait ends by itself, and no beginning is in the log.
  if (record.dueAt === undefined) return 0
  const undated = datedBy(record.wait.on, numberTail(record)).some(
    ({ title, by }) => by === undefined && !title.startsWith(CHILD),
  )
  return undated ? record.seq - record.tail.length : 0
}

/**
 * The waits of a process, in the order in which its code asked for them. `log`: the entries that its row does not hold, if
 * `datedBefore` asked for them. A running process waits for nothing, and neither does an ended one.
 */
export function openWaits(record: ProcessRecord, log: readonly LogEntry[] = []): readonly OpenWait[] {
  if (record.status === 'pending') {
    const { startAt, createdAt } = record
    if (startAt === undefined || startAt <= createdAt) return [{ for: 'worker', since: createdAt }]
    return [{ for: 'timer', name: 'start', since: createdAt, until: startAt }]
  }
  if (record.status !== 'waiting' && record.status !== 'stuck') return []
  const { wait } = record
  if (wait.for !== 'effects') return [ofWait(wait, record.status === 'waiting' ? record.dueAt : undefined)]
  const { on, since } = wait
  return datedBy(on, [...log, ...numberTail(record)]).map(({ title, by }) => ({
    ...ofTitle(title),
    ...(by?.at === undefined && since === undefined ? {} : { since: by?.at ?? since }),
    ...(by?.dueAt === undefined ? {} : { until: by.dueAt }),
    ...(by?.type === 'attempt' ? { error: by.error } : {}),
  }))
}

/** True if the process may have more waits than its row names. */
export function hasMoreWaits(record: ProcessRecord): boolean {
  return record.status === 'waiting' && record.wait.for === 'effects' && record.wait.on.length >= WAITS_SHOWN
}

type Dating = Extract<LogEntry, { type: 'begin' | 'attempt' }>
const CHILD = 'child '
const OF_EFFECT: Readonly<Record<string, WaitKind>> = {
  signal: 'signal',
  reply: 'callback',
  child: 'child',
  sleep: 'timer',
  step: 'retry',
}

/** Each title with the entry that says when its wait began, and when it ends. Of two waits of one title the first began first. */
function datedBy(
  titles: readonly string[],
  log: readonly LogEntry[],
): readonly { readonly title: string; readonly by: Dating | undefined }[] {
  const done = new Set(log.flatMap((entry) => (entry.type === 'effect' ? [entry.position] : [])))
  const newest = new Map<number, Dating>()
  for (const entry of log)
    if ((entry.type === 'begin' || entry.type === 'attempt') && !done.has(entry.position))
      newest.set(entry.position, entry)
  const open = [...newest].toSorted(([a], [b]) => a - b).map(([, entry]) => entry)
  const left = new Set(open)
  return titles.map((title) => {
    const { effect, name } = readTitle(title)
    const by = open.find(
      (entry) =>
        left.has(entry) &&
        entry.name === name &&
        (entry.type === 'attempt' ? 'step' : entry.effect) === effect,
    )
    if (by !== undefined) left.delete(by)
    return { title, by }
  })
}

function ofTitle(title: string): Pick<OpenWait, 'for' | 'name'> {
  const { effect, name } = readTitle(title)
  return { for: OF_EFFECT[effect] ?? 'worker', name }
}

/** Reads what `titleOf` wrote. */
function readTitle(title: string): { readonly effect: string; readonly name: string } {
  const space = title.indexOf(' ')
  const [effect, quoted] = [title.slice(0, space), title.slice(space + 1)]
  return { effect, name: quoted.startsWith('"') ? String(JSON.parse(quoted)) : quoted }
}

function ofWait(wait: Exclude<Wait, { for: 'effects' }>, dueAt: EpochMs | undefined): OpenWait {
  const times = {
    ...(wait.since === undefined ? {} : { since: wait.since }),
    ...(dueAt === undefined ? {} : { until: dueAt }),
  }
  switch (wait.for) {
    case 'worker':
      return { for: 'worker', ...times, ...(wait.error === undefined ? {} : { error: wait.error }) }
    case 'undeployed':
      return { for: 'undeployed', name: wait.kind, ...times }
    case 'slot':
      return { for: 'slot', name: wait.key, ...times }
    case 'external':
      return { for: 'external', ...times }
    case 'resume':
      return { for: 'resume', ...times, error: wait.error }
  }
}
