import { NoLongerRetained } from '../../lib/model/errors.ts'
import { OperationsClient } from '../../lib/client/operations-client.ts'
import type { Json } from '../../lib/model/json.ts'
import { isEnded } from '../../lib/model/record.ts'
import type { ItemStore } from '../../lib/registry/store/store.ts'
import { SWEEP_EVERY_MS } from '../../lib/model/limits.ts'
import { sweep } from '../../lib/sweep/sweep.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import type { TestKit } from '../../lib/testing/kit.ts'
import { VirtualQueue } from '../../lib/testing/virtual-queue.ts'
import { DEFINITIONS } from './definitions.ts'
import { JournaledEffectController } from '../../lib/effects/journaled.ts'
import { seededChance } from '../../lib/testing/seeded-chance.ts'
import { serveBatch } from '../../lib/worker/batch.ts'
import { workerParts } from '../../lib/worker/config.ts'
import { kitOver, MIRROR, tokenOf } from './kit.ts'
import { completionToken, type Scene } from './scene.ts'
import { idsOf } from './stored.ts'

/** Long enough for every lease of the scene to have expired, and short enough for nothing else to have happened. */
const LATER_MS = 600_000

/** What readers see of a scene, and what became of its processes. */
export type Expected = {
  readonly processes: { readonly [id: string]: Json }
  readonly history: { readonly [id: string]: Json }
  readonly lists: Json
  readonly swept: readonly string[]
  readonly ends: { readonly [id: string]: Json }
}

/** The scene has used other keys. */
const KEY = 'after the upgrade'

const isCoded = (id: string) => id.startsWith('coded-')

/** Reads the scene in every way, then lets each process run to its end. The store has its items. */
export async function live(store: ItemStore, { at, items }: Scene): Promise<Expected> {
  const startAt = at + LATER_MS
  const kit = kitOver(store, { startAt })
  const coded = kitOver(store, { startAt, payloads: { codec: MIRROR } })
  const ids = idsOf(items)
  const kitOf = (id: string) => (isCoded(id) ? coded : kit)
  const processes = await each(ids, (id) => orForgotten(async () => kitOf(id).client.get(id)))
  const history = await each(ids, (id) => orForgotten(async () => kitOf(id).log(id)))
  const lists = await listed(kit)
  const swept = await wokenBySweep(kit)
  await wake(kit)
  await coded.signal('coded-waits', 'open', 'coded', KEY)
  const ends = await each(ids, (id) => orForgotten(async () => kitOf(id).result(id)))
  return asJson({ processes, history, lists, swept, ends })
}

async function listed(kit: TestKit): Promise<unknown> {
  const operations = new OperationsClient({ registry: kit.registry, definitions: DEFINITIONS })
  const kinds = DEFINITIONS.map(({ kind }) => kind)
  const [byKind, byScope] = [kinds.map((kind) => ({ kind })), [{ scope: 'tenant-1' }]]
  return {
    lists: await Promise.all(
      [...byKind, ...byScope].map(async (query) => byId(await kit.client.list(query))),
    ),
    attention: byId(await operations.attention()),
    counts: await operations.counts(),
    slots: await kit.registry.slots('account-7'),
    sweep: await kit.registry.lastSweep(),
    children: await operations.children('waits-family'),
    waits: await operations.waits('order-at-callback'),
  }
}

/** Of rows of the same instant a store promises no order. */
function byId({ items }: { readonly items: readonly { readonly id: string }[] }): unknown {
  return items.toSorted((a, b) => (a.id < b.id ? -1 : 1))
}

async function wokenBySweep(kit: TestKit): Promise<readonly string[]> {
  const { registry, clock } = kit
  const doorbell = new VirtualQueue(clock)
  doorbell.loseAll = true
  await sweep({ registry, doorbell, clock, telemetry: SILENT, everyMs: SWEEP_EVERY_MS })
  return doorbell.sent.map(({ id }) => id).toSorted()
}

/** All that the processes of the scene wait for, but time. */
async function wake(kit: TestKit): Promise<void> {
  await kit.skip({ minutes: 3 })
  await kit.client.resume('waits-resume')
  for (const id of ['waits-resume', 'waits-resumed']) await kit.signal(id, 'close', 'closed', KEY)
  const families = ['waits-family.leave', 'ended-unheard.leave', 'waits-family']
  const gated = ['waits-signal', 'waits-long', 'waits-start', 'slot-holds', 'slot-waits', 'slot-full']
  for (const id of [...gated, ...families]) await kit.signal(id, 'open', `for ${id}`, KEY)
  await kit.client.completeExternal('waits-external', completionToken('waits-external'), {
    outcome: 'success',
    value: 'by hand',
  })
  for (const id of ['order-at-signal', 'order-at-sleep', 'order-at-retry'])
    await kit.signal(id, 'approved', { by: 'bob' }, KEY)
  await kit.skip({ hours: 9 })
  for (const id of ['order-at-signal', 'order-at-sleep', 'order-at-retry', 'order-at-callback'])
    await kit.client.completeCallback(await tokenOf(kit, id), { receipt: 8 })
  await kit.settle()
  for (const id of ['signal', 'sleep', 'retry', 'callback', 'child'])
    await kit.signal(`order-at-${id}.gate`, 'open', 'through', KEY)
}

/** The processes of the scene that are still open. */
export async function openIds(store: ItemStore, { at, items }: Scene): Promise<readonly string[]> {
  const kit = kitOver(store, { startAt: at + LATER_MS })
  const known = idsOf(items).filter((id) => id !== 'ended-forgotten')
  const records = await Promise.all(known.map((id) => kit.record(id)))
  return records.flatMap((record) => (isEnded(record) ? [] : [record.id]))
}

/** Hands messages to a worker of today, each by itself: which it wants again, and which it refused and why. */
export async function served(store: ItemStore, { at }: Scene, messages: readonly string[]) {
  const kit = kitOver(store, { startAt: at + LATER_MS })
  const { registry, clock } = kit
  const queue = new VirtualQueue(clock)
  const controller = new JournaledEffectController({ durable: false })
  const own = { ownerId: 'upgraded', doorbell: queue, controller, clock, chance: seededChance(2) }
  const worker = workerParts({ registry, definitions: DEFINITIONS, ...own })
  const again: string[] = []
  for (const [place, body] of messages.entries())
    again.push(...(await serveBatch({ worker, deadLetters: queue }, [{ id: `message ${place}`, body }], {})))
  return { again, letters: queue.letters, kit }
}

async function each<T>(
  ids: readonly string[],
  read: (id: string) => Promise<T>,
): Promise<{ readonly [id: string]: T }> {
  const entries: [string, T][] = []
  for (const id of ids) entries.push([id, await read(id)])
  return Object.fromEntries(entries)
}

async function orForgotten<T>(read: () => Promise<T>): Promise<T | { readonly refused: string }> {
  try {
    return await read()
  } catch (error) {
    if (error instanceof NoLongerRetained) return { refused: error.code }
    throw error
  }
}

/** Without the name of the worker that wrote an end: it has a part that is drawn anew in each run. */
function asJson(value: unknown): Expected {
  const text = JSON.stringify(value, (name, each: unknown) => (name === 'writtenBy' ? undefined : each))
  return JSON.parse(text) as Expected
}
