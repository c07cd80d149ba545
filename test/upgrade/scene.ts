import { parseProcessId } from '../../lib/model/ids.ts'
import { interruptedEvidence } from '../../lib/model/recovery.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import type { ClaimedProcess } from '../../lib/registry/port.ts'
import type { Item, ItemStore, Key } from '../../lib/registry/store/store.ts'
import type { TestKit } from '../../lib/testing/kit.ts'
import * as all from './definitions.ts'
import { KeptStore } from './kept-store.ts'
import { kitOver, MIRROR, tokenOf } from './kit.ts'
import { messagesInFlight } from './messages.ts'

/** What a release leaves in its table and its queues. */
export type Scene = {
  /** The instant at which all stood still. */
  readonly at: number
  readonly items: readonly (Item & Key)[]
  readonly messages: readonly string[]
}

const { outside, order, gated, part } = all
const HOUR = 3_600_000
const OWNER = { ownerId: 'worker-a', attemptId: 'attempt-a', token: 'token-a', ttlMs: 30_000 }
/** Errors name the place in the author's code: it is the same on every machine here. */
const HERE = new URL('../../', import.meta.url).href
const COMPLETION_TOKEN = 'a secret of 16 letters or more'
export const completionToken = (id: string) => `${COMPLETION_TOKEN} ${id}`

/** Runs processes into every state that one can be in, on a clock that stands still in between, and answers all that is stored. */
export async function record(): Promise<Scene> {
  const kept = new KeptStore()
  const definitions = all.DEFINITIONS.filter((each) => each !== all.late)
  const kit = kitOver(kept.store, { startAt: Date.UTC(2026, 0, 1), definitions })
  try {
    await endings(kit)
    await waits(kit)
    await slots(kit)
    await coded(kept.store, kit.clock.now())
    await orders(kit)
    await deadOwners(kit)
    await outsideOwners(kit)
  } finally {
    Object.assign(outside, { bankIsUp: true, carrierAnswers: true, deploy: 'good' })
  }
  const items = JSON.parse(
    JSON.stringify(await kept.items()).replaceAll(HERE, 'file:///app/'),
  ) as Scene['items']
  return { at: kit.clock.now(), items, messages: messagesInFlight(kit.clock.now()) }
}

/** Every terminal status, one whose output stands apart, and one whose retention has expired. */
async function endings(kit: TestKit): Promise<void> {
  await kit.start(
    part,
    { n: 1 },
    { id: 'ended-completed', scope: 'tenant-1', provenance: { source: 'shop' } },
  )
  await kit.start(all.broken, {}, { id: 'ended-failed', scope: 'tenant-1' })
  await kit.client.retry('ended-failed')
  await kit.start(all.long, {}, { id: 'ended-long' })
  await kit.signal('ended-long', 'open')
  await kit.start(gated, {}, { id: 'ended-cancelled' })
  await kit.cancel('ended-cancelled', 'not wanted')
  await kit.start(gated, {}, { id: 'ended-abandoned' })
  await kit.client.abandon('ended-abandoned', 'lost')
  await kit.start(gated, {}, { id: 'ended-timed-out', limits: { timeoutMs: HOUR } })
  await kit.start(part, { n: 2 }, { id: 'ended-forgotten', limits: { retentionMs: 1_000 } })
  await kit.start(
    all.manual,
    {},
    { id: 'ended-late', completionToken: completionToken('ended-late'), limits: { timeoutMs: HOUR } },
  )
  const { registry } = kit
  const now = kit.clock.now()
  const never = (id: string) => toRegistration({ id, kind: 'once', input: {}, recovery: 'abandon' })
  await registry.start(never('ended-lost'), { ...OWNER, hardAt: now + 60_000 }, now)
  const { ownership } = claimed(await registry.start(never('ended-interrupted'), OWNER, now))
  const evidence = interruptedEvidence(ownership.row, ownership.lease, now)
  await registry.complete(ownership, [], { outcome: 'abandoned', evidence }, now)
  await kit.skip({ hours: 2 })
  await kit.start(
    all.manual,
    {},
    { id: 'ended-external', completionToken: completionToken('ended-external') },
  )
  await kit.client.completeExternal('ended-external', completionToken('ended-external'), {
    outcome: 'failure',
    error: { class: 'OutOfPaper', code: 'out_of_paper', message: 'the printer has no paper' },
  })
  await kit.settle()
}

/** What a parked process can wait for. */
async function waits(kit: TestKit): Promise<void> {
  const at = kit.clock.now()
  await kit.start(gated, { text: all.longText('i') }, { id: 'waits-signal', urgent: true })
  await kit.signal('waits-signal', 'other', { text: all.longText('s') }, 'a key')
  await kit.start(all.long, {}, { id: 'waits-long', limits: { timeoutMs: 9_000 * HOUR, maxStalls: 7 } })
  await kit.start(
    all.manual,
    {},
    { id: 'waits-external', completionToken: completionToken('waits-external') },
  )
  await kit.start(all.late, {}, { id: 'waits-undeployed' })
  await kit.start(gated, {}, { id: 'waits-start', startAt: at + 100 * HOUR })
  await kit.start(all.fickle, {}, { id: 'waits-resumed' })
  await kit.start(all.fickle, {}, { id: 'waits-resume' })
  outside.deploy = 'bad'
  await kit.signal('waits-resumed', 'open', 1)
  await kit.signal('waits-resume', 'open', 2)
  outside.deploy = 'good'
  await kit.client.resume('waits-resumed')
  await kit.start(all.family, {}, { id: 'waits-family' })
}

/** A holder, one that waits for its place, and one that finds the queue full. */
async function slots(kit: TestKit): Promise<void> {
  const concurrency = { key: 'account-7', limit: 1 }
  for (const id of ['slot-holds', 'slot-waits', 'slot-full']) await kit.start(gated, {}, { id, concurrency })
}

/** Values that a codec of the user's wrote. */
async function coded(store: ItemStore, startAt: number): Promise<void> {
  const kit = kitOver(store, { startAt, payloads: { codec: MIRROR } })
  await kit.start(gated, { text: all.longText('z') }, { id: 'coded-waits' })
  await kit.start(part, { n: 3 }, { id: 'coded-ended' })
}

/** One order at each of its waits. */
async function orders(kit: TestKit): Promise<void> {
  const places = ['signal', 'callback', 'child', 'end']
  for (const place of places)
    await kit.start(order, { sku: place, note: all.longText('n') }, { id: `order-at-${place}` })
  await kit.skip({ hours: 4 })
  for (const place of places.slice(1)) {
    await kit.signal(`order-at-${place}`, 'approved', { by: 7 })
    await kit.signal(`order-at-${place}`, 'approved', { by: 'ann' })
    await kit.client.heartbeat(await tokenOf(kit, `order-at-${place}`))
  }
  for (const place of places.slice(2))
    await kit.client.completeCallback(await tokenOf(kit, `order-at-${place}`), { receipt: 9 })
  await kit.settle()
  await kit.signal('order-at-end.gate', 'open', 'through')
  await kit.start(order, { sku: 'sleep' }, { id: 'order-at-sleep' })
  outside.bankIsUp = false
  await kit.start(order, { sku: 'retry' }, { id: 'order-at-retry' })
  outside.bankIsUp = true
}

/** What a worker that stopped between two writes leaves, and a sweep. */
async function outsideOwners(kit: TestKit): Promise<void> {
  const { registry } = kit
  const now = kit.clock.now()
  const registered = { id: 'registered', kind: 'part', input: { n: 4 } }
  await registry.register(toRegistration(registered), { now, wakeupScheduled: true })
  const released = toRegistration({ id: 'waits-worker', kind: 'part', input: { n: 5 } })
  await registry.release(claimed(await registry.start(released, OWNER, now)).ownership, now)
  const never = toRegistration({ id: 'dead-for-good', kind: 'once', input: {}, recovery: 'abandon' })
  await registry.start(never, { ...OWNER, hardAt: now + 60_000 }, now)
  await kit.start(all.family, {}, { id: 'ended-unheard' })
  const unheard = parseProcessId('ended-unheard')
  await registry.signal(unheard, { name: 'open', key: 'k', payload: 1 }, now)
  const { ownership } = claimed(await registry.claim(unheard, OWNER, now))
  await registry.complete(ownership, [], { outcome: 'success', value: 1 }, now)
  await registry.noteSweep({
    at: now,
    everyMs: 60_000,
    due: 3,
    sent: 2,
    oldestDueMs: 1_500,
    heldBack: false,
    truncated: true,
    failedShards: 1,
  })
}

/** Owners that died: one twice, and two that were asked to stop meanwhile. */
async function deadOwners(kit: TestKit): Promise<void> {
  outside.carrierAnswers = false
  await kit.start(all.shipment, {}, { id: 'ended-exhausted', limits: { maxStalls: 1 } })
  for (let death = 0; death < 3; death += 1) {
    kit.crash()
    await kit.skip({ minutes: 3 })
  }
  kit.crash()
  await kit.start(all.shipment, {}, { id: 'dead-twice' })
  await kit.skip({ seconds: 25 })
  kit.crash()
  await kit.skip({ minutes: 2 })
  kit.crash()
  for (const id of ['dead-cancelled', 'dead-abandoned']) await kit.start(all.shipment, {}, { id })
  await kit.skip({ seconds: 12 })
  kit.crash()
  await kit.cancel('dead-cancelled', 'too late')
  await kit.client.abandon('dead-abandoned', 'gone')
  await kit.settle()
}

function claimed(reply: { readonly outcome: string }): ClaimedProcess {
  if (reply.outcome !== 'claimed') throw new Error(`expected a claim, got ${reply.outcome}`)
  return reply as ClaimedProcess
}
