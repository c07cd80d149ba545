import type { Item } from '../../../lib/registry/store/store.ts'
import type { History, CallerFact, StoreFact } from '../history.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { hasEnded, map, text, type StoredProcess } from './stored.ts'
import { broken } from './violation.ts'

const DAY_MS = 86_400_000
/** What is promised where a start says nothing of it. */
const RETENTION_MS = 30 * DAY_MS
const TOMBSTONE_MS = 15 * DAY_MS
/** A caller's clock, and that of the worker that ended the process, may each be off by five minutes. */
const CLOCKS_OFF_MS = 10 * 60_000

const KEPT = 'an ended process is kept for its time'
const USED = 'an id is known as used'

function keptUntil({ endedAt = 0, retentionMs = RETENTION_MS }: StoredProcess): number {
  return endedAt + retentionMs
}

/** An item went: its time was over, and it is not needed. A lease item goes as it likes, the row of a process says who holds it. */
export function removedInTime(
  observed: ObservedProcess,
  { sk, at }: StoreFact & { at: number },
  index: number,
  say: Say,
): void {
  const { row } = observed
  if (sk === 'LEASE' || row === undefined) return
  // The input of a repeated start, which its schema made anew: the row keeps the first.
  if (sk.startsWith('BLOB#i-') && sk !== row.inputKey) return
  // The output of an owner that was overtaken before it could record the end. It has its time from when it was put.
  if (sk.startsWith('BLOB#o-') && sk !== outputKeyOf(row)) return
  if (!hasEnded(row))
    return say(broken(KEPT, observed.id, index, `${sk} is removed while it is ${row.status}`))
  const until = keptUntil(row) + (sk === 'PROCESS' ? TOMBSTONE_MS : 0)
  if (at < until) say(broken(KEPT, observed.id, index, `${sk} is removed ${until - at} ms too early`))
}

function outputKeyOf({ outputValue }: StoredProcess): string | undefined {
  const ref = text(map(outputValue)?.['r'])
  return ref === undefined ? undefined : `BLOB#${ref}`
}

/** A process is made under an id that another had. */
export function idIsFree(last: ObservedProcess, at: number, index: number, say: Say): void {
  if (last.row === undefined) return
  const until = keptUntil(last.row) + TOMBSTONE_MS
  if (at < until) say(broken(USED, last.id, index, `it is made anew ${until - at} ms before its id is free`))
}

/** Once a process is no longer kept its start is refused, and not before. */
export function startIsAnswered(
  observed: ObservedProcess | undefined,
  fact: (CallerFact & { kind: 'started' | 'refused' }) & { readonly at: number },
  index: number,
  say: Say,
): void {
  const row = observed?.row
  if (row === undefined || observed?.isRemoved === true) return
  const overMs = hasEnded(row) ? fact.at - keptUntil(row) : Number.NEGATIVE_INFINITY
  if (fact.kind === 'started') {
    if (fact.byMessage !== true && overMs > CLOCKS_OFF_MS)
      say(broken(USED, fact.process, index, `a start is accepted ${overMs} ms after it is no longer kept`))
  } else if (fact.code === 'no_longer_retained' && overMs < -CLOCKS_OFF_MS) {
    const says = `${fact.asked} is refused as no longer kept, and it is ${row.status}`
    say(broken(KEPT, fact.process, index, says))
  }
}

/**
 * Where items expire, nothing of an ended process is there for ever, but for one that the page names: a worker dies between
 * the put of an input and the refusal of its start. The next delivery of the message removes an input of the same value
 * only, and a schema may make another value.
 */
export function allIsGone(
  { end, facts }: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  say: Say,
): void {
  const fell = new Map<string, number>()
  for (const [index, fact] of facts.entries()) if (fact.kind === 'fell') fell.set(fact.by, index)
  for (const { pk, sk } of end) {
    const id = /^P#(.*)$/u.exec(text(pk) ?? '')?.[1]
    const observed = id === undefined ? undefined : allObserved.get(id)
    if (id === undefined || (observed?.row !== undefined && !hasEnded(observed.row))) continue
    const isInput = text(sk)?.startsWith('BLOB#i-') === true
    if (isInput) {
      const putAt = facts.findLastIndex((fact) => fact.kind === 'write' && fact.pk === pk && fact.sk === sk)
      const put = facts[putAt]
      if (put?.kind === 'write' && putAt < (fell.get(put.by ?? '') ?? 0)) continue
    }
    say(broken('nothing is left over', id, undefined, `${text(sk)} is there for ever`))
  }
}

export type Items = () => ReadonlyMap<string, Item>

/** The items as they were at the end, those that expired as they were before, and the objects of the bucket: read once asked for. */
export function itemsEver(history: History): Items {
  let items: ReadonlyMap<string, Item> | undefined
  return () => (items ??= readItems(history))
}

function readItems({ facts, end }: History): ReadonlyMap<string, Item> {
  const items = new Map(end.map((item) => [`${text(item['pk'])}/${text(item['sk'])}`, item]))
  for (const fact of facts) {
    if (fact.kind !== 'write') continue
    const item = fact.pk === 'BUCKET' ? fact.after : fact.after === undefined ? fact.before : undefined
    if (item === undefined) continue
    const key = `${fact.pk}/${fact.sk}`
    if (!items.has(key)) items.set(key, item)
  }
  return items
}
