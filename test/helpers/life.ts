import { createHash } from 'node:crypto'
import type { ProcessId } from '../../lib/model/ids.ts'
import { dueShard } from '../../lib/model/due.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import {
  aChildOf,
  aRegistration,
  aRequest,
  BROKEN,
  claimedOf,
  DONE,
  NOW,
  step,
  TTL,
} from '../conformance/suite/bed.ts'

/**
 * Every operation of the port once and more, in one deterministic story about a few processes. But for `childEnded`,
 * which may leave an entry for each time it is sent.
 * Answers with everything that was answered, so that two runs can be compared.
 */
export async function wholeLife(registry: ProcessRegistry, name: string): Promise<readonly unknown[]> {
  const id = name as ProcessId
  const registration = aRegistration({ id, kind: name, input: { text: 'x'.repeat(600) } })
  const answers: unknown[] = []
  const told = <T>(answer: T): T => {
    answers.push(answer)
    return answer
  }
  told(await registry.register(registration, { now: NOW, wakeupScheduled: true }))
  const first = claimedOf(told(await registry.start(registration, aRequest('a'), NOW)))
  let held = told(await registry.commit(first.ownership, [step(0)], NOW))
  told(await registry.renew(held.lease, TTL, NOW + 1))
  held = told(await registry.commit(held, [step(1, 'x'.repeat(500)), step(2, 'y'.repeat(500))], NOW))
  told(await registry.requestCancel(id, { reason: 'enough' }, NOW + 2))
  told(await registry.renew(held.lease, TTL, NOW + 3))
  held = told(await registry.refresh(held))
  const wait = { wait: { for: 'worker' }, dueAt: NOW + 5, wakeupScheduled: false } as const
  told(await registry.park(held, [step(3)], wait, NOW + 4))
  const second = claimedOf(told(await registry.claim(id, aRequest('b'), NOW + 5)))
  told(await registry.commit(second.ownership, [step(4)], NOW + 6))
  const at = NOW + 5 + TTL
  const shard = dueShard(id)
  told((await registry.listDue({ shard, until: at })).items.filter((row) => row.id === id))
  const third = claimedOf(told(await registry.claim(id, aRequest('c'), at)))
  const payload = told(await registry.keep(id, 'z'.repeat(1_000), 'a value'))
  told(await registry.load(id, payload))
  told(await registry.release(third.ownership, at))
  const fourth = claimedOf(told(await registry.claim(id, aRequest('d'), at)))
  told(
    await registry.complete(fourth.ownership, [step(5)], { outcome: 'success', value: 'o'.repeat(900) }, at),
  )
  told(await registry.list({ kind: name }))
  told(await registry.eventsAfter(id, 0))

  const external = aRegistration({ id: `${name}-ext`, kind: name, recovery: 'external' })
  told(await registry.register(external, { now: NOW, wakeupScheduled: false, completionToken: 'secret' }))
  told(await registry.completeExternal(external.id, 'secret', BROKEN, NOW))

  const hardAt = NOW + 1
  const once = aRegistration({ id: `${name}-once`, kind: name, recovery: 'abandon' })
  const lost = claimedOf(told(await registry.start(once, aRequest('a', { hardAt }), NOW)))
  told(await registry.renew(lost.ownership.lease, TTL, NOW))
  told([...(await registry.leasedUntil([{ ...lost.ownership.row, wakeupScheduled: false }]))])
  told(await registry.claim(once.id, aRequest('b'), NOW + 10_000_000))

  const given = aRegistration({ id: `${name}-given`, kind: name })
  const last = claimedOf(told(await registry.start(given, aRequest('a'), NOW)))
  told(await registry.requestAbandon(given.id, { reason: 'lost' }, NOW))
  told(await registry.claim(given.id, aRequest('b'), NOW + TTL))
  await registry.complete(last.ownership, [], DONE, NOW).catch((error: Error) => told(error.name))
  await asParent(registry, name, told)
  return answers
}

/** The life of a process that waits for others: a place, a child, a callback, signals; stuck and resumed on the way. */
async function asParent(registry: ProcessRegistry, name: string, told: <T>(answer: T) => T): Promise<void> {
  const slot = { key: name, limit: 1 }
  const parent = aRegistration({ id: `${name}-parent`, kind: name, concurrency: slot })
  const { id } = parent
  const next = aRegistration({ id: `${name}-next`, kind: name, concurrency: slot })
  const first = claimedOf(told(await registry.start(parent, aRequest('a'), NOW)))
  const waits = claimedOf(told(await registry.start(next, aRequest('n'), NOW)))
  told(await registry.takeSlot(first.ownership, slot))
  told(await registry.takeSlot(waits.ownership, slot))
  const forSlot = { wait: { for: 'slot', key: name }, wakeupScheduled: false } as const
  told(await registry.park(waits.ownership, [], forSlot, NOW))

  const child = aChildOf(id, { kind: name, startAt: NOW + 5 })
  const started = told(await registry.startChild(first.ownership, [step(0)], child, NOW))
  const callback = { position: 1, token: 'secret' }
  told(await registry.openCallback(started.ownership, { position: 1, tokenHash: SECRET_HASH }, NOW))
  told(await registry.heartbeat(id, callback, NOW + 1))
  told(await registry.lastHeartbeat(id, 1))
  const forEffects = { wait: { for: 'effects', on: ['signal "go"'] }, wakeupScheduled: false } as const
  told(await registry.park(started.ownership, [], forEffects, NOW + 1))
  told(await registry.signal(id, { name: 'go', key: 'k-1', payload: 'x'.repeat(900) }, NOW + 2))
  told(await registry.signal(id, { name: 'go', key: 'k-1', payload: 'x'.repeat(900) }, NOW + 3))
  told(await registry.reply(id, { ...callback, outcome: { ok: true, value: 1 } }, NOW + 3))
  const second = claimedOf(told(await registry.claim(id, aRequest('b'), NOW + 4)))
  told(await registry.signal(id, { name: 'go', key: 'k-2', payload: 2 }, NOW + 5))
  told(await registry.renew(second.ownership.lease, TTL, NOW + 6))
  told(await registry.park(second.ownership, [], forEffects, NOW + 6))
  const error = { class: 'NonDeterminism', code: 'non_determinism', message: 'm' }
  const seen = told(await registry.refresh(second.ownership))
  told(await registry.park(seen, [], { wait: { for: 'resume', error }, wakeupScheduled: false }, NOW + 7))
  told(await registry.resume(id, 'ana', NOW + 8))
  const third = claimedOf(told(await registry.claim(id, aRequest('c'), NOW + 8)))
  const ended = told(await registry.complete(third.ownership, [], DONE, NOW + 9))
  told(await registry.leaveSlot(id, slot, NOW + 9))
  told(await registry.dependentsNotified(ended))
  told(await registry.claim(next.id, aRequest('n'), NOW + 9))
}

/** SHA-256 of `secret`, as a callback's token is stored. */
const SECRET_HASH = createHash('sha256').update('secret').digest('base64url')
