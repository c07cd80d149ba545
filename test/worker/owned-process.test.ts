import { expect, test } from 'vitest'
import { LeaseLost, StoreUnavailable } from '../../lib/model/errors.ts'
import type { Ownership } from '../../lib/model/ownership.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import type { LogEntry } from '../../lib/model/log.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { workerParts } from '../../lib/worker/config.ts'
import { OwnedProcess } from '../../lib/worker/owned-process.ts'

function bedOf(registry = new MemoryProcessRegistry()) {
  const clock = new VirtualClock()
  const parts = workerParts({ registry, definitions: [], ownerId: 'a', clock, chance: seededChance(1) })
  const owned = async (name: string): Promise<OwnedProcess> => {
    const id = parseProcessId(name)
    const request = { ownerId: 'a', attemptId: 'i', token: 't', ttlMs: parts.leaseTtlMs }
    const registration = toRegistration({ id, kind: 'order', input: null })
    const reply = await registry.start(registration, request, clock.now())
    if (reply.outcome !== 'claimed') throw new Error(reply.outcome)
    return new OwnedProcess(parts, reply.ownership)
  }
  return { registry, clock, owned }
}

test('an owner whose lease is lost writes nothing, even before another takes over [C47]', async () => {
  const { registry, clock, owned: holdOf } = bedOf()
  const owned = await holdOf('order-7')
  const { id } = owned.lease
  const lost = new LeaseLost({ id, fence: 1, because: 'it ran out' })
  owned.lose(lost)
  const before = await registry.get(id)
  await expect(owned.commit([{ type: 'resume', at: clock.now() }])).rejects.toBe(lost)
  await expect(owned.complete([], { outcome: 'success', value: null })).rejects.toBe(lost)
  expect(await registry.get(id)).toEqual(before)
})

test('an arrival while a process waits for its place reaches the run that begins afterwards', async () => {
  const { registry, clock, owned: holdOf } = bedOf()
  const slot = { key: 'k', limit: 1 }
  const [first, second] = [await holdOf('order-1'), await holdOf('order-2')]
  expect([await first.takeSlot(slot), await second.takeSlot(slot)]).toEqual(['held', 'queued'])
  const signal = { name: 'paid', key: 's1', payload: 7 }
  await registry.signal(second.lease.id, signal, clock.now())
  await registry.leaveSlot(first.lease.id, slot, clock.now())
  // Refused, since it came to the front: the row that refuses it brings the signal, and there is no run yet to hear of it.
  const parked = await second.park([], { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false })
  expect(parked).toBe(undefined)
  const told: (readonly LogEntry[])[] = []
  second.onArrival((entries) => void told.push(entries))
  expect(told.flat()).toMatchObject([{ type: 'signal', name: 'paid', key: 's1' }])
})

/** Holds every look at the row back until it is opened. */
class SlowToLook extends MemoryProcessRegistry {
  readonly looking = Promise.withResolvers<void>()
  readonly open = Promise.withResolvers<void>()

  override async refresh(ownership: Ownership): Promise<Ownership> {
    this.looking.resolve()
    await this.open.promise
    return super.refresh(ownership)
  }
}

test('a cancel request that arrives while a process parks for a place makes it due at once', async () => {
  const slow = new SlowToLook()
  const { registry, clock, owned: holdOf } = bedOf(slow)
  const slot = { key: 'k', limit: 1 }
  const [first, second] = [await holdOf('order-1'), await holdOf('order-2')]
  expect([await first.takeSlot(slot), await second.takeSlot(slot)]).toEqual(['held', 'queued'])
  await registry.requestCancel(second.lease.id, { reason: 'enough' }, clock.now())
  const renewed = second.renew()
  await slow.looking.promise
  const parking = second.park([], { wait: { for: 'slot', key: slot.key }, wakeupScheduled: false })
  slow.open.resolve()
  await renewed
  expect(await parking).toMatchObject({ status: 'waiting', wait: { for: 'slot' }, dueAt: clock.now() })
})

/** Answers every write, and no look at the log. */
class Unread extends MemoryProcessRegistry {
  override eventsAfter(): Promise<never> {
    return Promise.reject(
      new StoreUnavailable({ operation: 'a look at the log', tries: 8, reason: 'away' }, undefined),
    )
  }
}

test('the wake-up of a child goes out though an arrival beside its start is unreadable', async () => {
  const { registry, clock, owned: holdOf } = bedOf(new Unread())
  const owned = await holdOf('order-7')
  const { id } = owned.lease
  await registry.signal(id, { name: 'paid', key: 's1', payload: 7 }, clock.now())
  const child = toRegistration({
    id: parseProcessId('order-7.0'),
    kind: 'order',
    input: null,
    parent: { id, onEnd: 'cancel' },
  })
  // Too large for the tail, so the signal is rolled into a page with it, and has to be read from there.
  const outcome = { ok: true, value: { value: 'x'.repeat(5_000) } } as const
  const at = { at: clock.now(), position: 0 }
  const entry = { type: 'effect', ...at, effect: 'start', name: 'order', outcome } as const
  let told = false
  await expect(owned.startChild([entry], child, () => (told = true))).rejects.toThrow(StoreUnavailable)
  expect([told, (await registry.get(child.id))?.status]).toEqual([true, 'pending'])
})
