import type { Item } from '../../../lib/registry/store/store.ts'
import { DEAD_LETTER, type History, type CallerFact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { logFitsTheProgram } from './program-rules.ts'
import { textBehind } from './payloads.ts'
import { itemsEver, type Items } from './retention-rules.ts'
import { cleanUpIsDone } from './shield-rules.ts'
import { endIsAsRefused } from './time-rules.ts'
import { broken } from './violation.ts'
import { hasEnded, map, SIGNAL, TAG, text, type StoredEntry } from './stored.ts'

/** What must hold once a world has come to rest. */
export function checkEnd(
  history: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  expectations: Expectations,
  say: Say,
): void {
  const items = itemsEver(history)
  for (const observed of allObserved.values()) {
    const expected = expectations.processes.get(observed.id)
    if (observed.row === undefined) continue
    const { status, code } = observed.row
    if (!hasEnded(observed.row)) {
      if (expected?.mayStayOpen !== true)
        say(broken('every process ends', observed.id, undefined, `it is ${observed.row.status} at the end`))
      continue
    }
    if (observed.row.pendingNotifications || observed.row.inDueIndex)
      say(
        broken(
          'nothing is left over',
          observed.id,
          undefined,
          'it has ended and has dependents to notify, or is due',
        ),
      )
    const why = expected?.allowed({ status, code, output: outputOf(observed, items) })
    if (why !== undefined) say(broken('the outcome is that of a crash-free run', observed.id, undefined, why))
    logFitsTheProgram(observed, expected, say)
    cancelIsHonoured(observed, say)
    cleanUpIsDone(observed, expected, say)
    endIsAsRefused(observed, say)
  }
  for (const [id, expected] of expectations.processes)
    if (allObserved.get(id)?.row === undefined && expected.mayBeMissing !== true)
      say(broken('nothing is lost', id, undefined, 'it was started and is not there'))
  for (const id of expectations.misstarted ?? []) misstartLeavesNothing(id, history, expectations, say)
  for (const item of history.end) slotsAreFree(item, say)
  signalsCount(history, allObserved, say)
}

/** A start that no worker can accept is a dead letter, and nothing stands under its id: it never runs, and the id is free. */
function misstartLeavesNothing(
  id: string,
  { facts, end }: History,
  { processes }: Expectations,
  say: Say,
): void {
  const isLetter = facts.some(
    (fact) => fact.kind === 'refused' && fact.process === id && fact.code === DEAD_LETTER,
  )
  if (!isLetter) say(broken('a refused start is a dead letter', id, undefined, 'its message is nowhere'))
  const isThere =
    end.some(({ pk }) => pk === `P#${id}`) ||
    facts.some((fact) => fact.kind === 'write' && fact.pk === `P#${id}`)
  if (isThere && !processes.has(id))
    say(broken('a refused start leaves nothing', id, undefined, 'something stands under its id'))
}

/** The recorded value: as JSON text in the item, or in an item of its own. */
export function outputOf(observed: ObservedProcess, items: Items): unknown {
  const value = observed.row?.outputValue
  if (typeof value === 'string') return JSON.parse(value)
  const ref = text(map(value)?.['r'])
  const json = ref === undefined ? undefined : textBehind(observed.id, ref, items())
  return json === undefined ? undefined : JSON.parse(json)
}

/** A process is cancelled because a caller asked, and completes after a request only where its run came to its last line. */
function cancelIsHonoured(observed: ObservedProcess, say: Say): void {
  const asked = observed.log.entries.some(([tag]) => tag === TAG.cancel)
  if (observed.row?.status === 'cancelled' && !asked)
    say(broken('cancel is honoured', observed.id, undefined, 'it is cancelled, and no caller asked'))
  if (observed.row?.status === 'completed' && observed.row.recovery !== 'external' && !observed.ranToEnd)
    say(
      broken(
        'the outcome is that of a crash-free run',
        observed.id,
        undefined,
        'completed, and no run came to its end',
      ),
    )
}

/** No process holds a place, or waits for one, once everything has ended. */
function slotsAreFree(item: Item, say: Say): void {
  if (item['sk'] !== 'SLOTS') return
  const left = [item['h'], item['q']].flatMap((list) => (Array.isArray(list) ? list.map(String) : []))
  if (left.length > 0)
    say(
      broken('nothing is left over', text(item['pk']) ?? '', undefined, `places are held by ${left.join()}`),
    )
}

/** Each accepted signal is one entry; the nth signal of a name is what the nth wait that took one recorded. */
function signalsCount(history: History, allObserved: ReadonlyMap<string, ObservedProcess>, say: Say): void {
  const accepted = new Map<string, CallerFact & { kind: 'signalled' }>()
  for (const fact of history.facts)
    if (fact.kind === 'signalled') accepted.set(`${fact.process}\n${fact.key}`, fact)
  for (const fact of accepted.values()) {
    const entries = (allObserved.get(fact.process)?.log.entries ?? []).filter(
      ([tag, , name, key]) => tag === TAG.signal && name === fact.name && key === fact.key,
    )
    if (entries.length !== 1)
      say(
        broken(
          'every signal counts once',
          fact.process,
          undefined,
          `${fact.key} is in the log ${entries.length} times`,
        ),
      )
  }
  for (const observed of allObserved.values()) {
    const numbered = observed.log.entries.map((entry, index) => [index + 1, entry] as const)
    const keys = numbered.flatMap(([, [tag, , , key]]) => (tag === TAG.signal ? [key] : []))
    if (new Set(keys).size !== keys.length)
      say(broken('every signal counts once', observed.id, undefined, `a key is there twice: ${keys.join()}`))
    signalsInOrder(observed, numbered, say)
  }
}

function signalsInOrder(
  observed: ObservedProcess,
  numbered: readonly (readonly [number, StoredEntry])[],
  say: Say,
): void {
  const sent = new Map<unknown, number[]>()
  for (const [seq, [tag, , name]] of numbered)
    if (tag === TAG.signal) sent.set(name, [...(sent.get(name) ?? []), seq])
  const waits = numbered
    .map(([, entry]) => entry)
    .filter(([tag, , , effect, , form]) => tag === TAG.effect && effect === SIGNAL && form !== 0)
    .toSorted((a, b) => Number(a[2]) - Number(b[2]))
  const taken = new Map<unknown, number>()
  for (const [, , position, , name, , seq] of waits) {
    const nth = taken.get(name) ?? 0
    taken.set(name, nth + 1)
    if (sent.get(name)?.[nth] !== seq)
      say(
        broken(
          'signals come in order',
          observed.id,
          undefined,
          `wait ${nth} for ${String(name)} (position ${String(position)}) took entry ${String(seq)}, not ${sent.get(name)?.[nth]}`,
        ),
      )
  }
}
