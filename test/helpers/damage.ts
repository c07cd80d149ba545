import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import * as fc from 'fast-check'
import * as v from 'valibot'
import { defineProcess, type AnyDefinition } from '../../lib/effects/definition.ts'
import { parseProcessId, type ProcessId } from '../../lib/model/ids.ts'
import type { Json } from '../../lib/model/json.ts'
import type { ProcessRegistry } from '../../lib/registry/port.ts'
import type { Item, ItemStore, Key } from '../../lib/registry/store/store.ts'
import { startMessage } from '../../lib/queue/messages.ts'
import { anyJson } from './fuzz.ts'
import { everything } from './recorder.ts'
import { World } from './world.ts'

// Real items, made by real runs, and what can be wrong with one when it is read back.

/** Has all that a process can leave: pages, values in items of their own, a callback, events, a wait with a timeout. */
export const rich: AnyDefinition = defineProcess({
  kind: 'rich',
  input: v.unknown(),
  output: v.unknown(),
  async run(context) {
    for (let n = 0; n < 24; n += 1) await context.step(`s${n}`, () => 'x'.repeat(n % 8 === 0 ? 900 : 60))
    const asked = await context.callback('asked')
    await context.emit('half', { asked: asked.token.length })
    await context.signal('go', { timeout: { days: 7 } }).catch(() => 'late')
    return 'o'.repeat(900)
  },
})
export const plain: AnyDefinition = defineProcess({
  kind: 'plain',
  input: v.unknown(),
  output: v.unknown(),
  run: (context) => context.step('only', () => 1),
})

export const VICTIMS = ['waiting', 'running', 'ended', 'queued'] as const
type Victim = (typeof VICTIMS)[number]
export type Templates = Readonly<Record<Victim, readonly (Item & Key)[]>>

/** The items of four processes: one parked, one whose owner died, one that has ended, one that waits for a place. */
export async function templates(store: ItemStore, registry: ProcessRegistry): Promise<Templates> {
  const world = new World(registry)
  const parts = world.parts([rich, plain])
  const input = { text: 'i'.repeat(900) }
  const start = (name: string, more: object = {}) =>
    world.until(world.serve(parts, [startMessage({ id: `victim-${name}`, kind: 'rich', input, ...more })]))
  for (const name of ['waiting', 'running', 'ended']) {
    await start(name)
    const id = parseProcessId(`victim-${name}`)
    await world.registry.signal(
      id,
      { name: 'other', key: 'k-1', payload: { big: 'p'.repeat(900) } },
      world.clock.now(),
    )
  }
  const [running, ended] = [parseProcessId('victim-running'), parseProcessId('victim-ended')]
  for (const id of [running, ended])
    await world.registry.signal(id, { name: 'go', key: 'k-2', payload: 1 }, world.clock.now())
  const owner = { ownerId: 'dead', attemptId: 'i', token: 't', ttlMs: 30_000 }
  const claim = await world.registry.claim(running, owner, world.clock.now())
  if (claim.outcome !== 'claimed') throw new Error(`expected a claim, got ${claim.outcome}`)
  await world.registry.renew(claim.ownership.lease, 30_000, world.clock.now())
  await world.until(world.serve(parts, [JSON.stringify({ v: 1, type: 'look', id: ended })]))
  const concurrency = { key: 'victim-key', limit: 1 }
  await start('holder', { concurrency })
  await start('queued', { concurrency })
  const of = async (id: string) => (await everything(store, id)) as readonly (Item & Key)[]
  const slots = await store.get({ pk: 'C#victim-key', sk: 'SLOTS' })
  return {
    waiting: await of('victim-waiting'),
    running: await of('victim-running'),
    ended: await of('victim-ended'),
    queued: [...(await of('victim-queued')), ...(slots === undefined ? [] : [slots as Item & Key])],
  }
}

/** The items of a template under an id of its own. */
export function renamed(items: readonly (Item & Key)[], name: string): readonly (Item & Key)[] {
  const text = JSON.stringify(items).replaceAll(/victim-(waiting|running|ended|queued|key)/gu, name)
  return JSON.parse(text) as readonly (Item & Key)[]
}

/** What is done to one item; `pick` chooses the item and the attribute. */
export type Damage = { readonly how: How; readonly pick: number; readonly at: number; readonly junk: Json }
type How = (typeof HOW)[number]
const HOW = ['drop', 'replace', 'retype', 'cut', 'flip', 'newer', 'element', 'gone', 'add', 'swap'] as const

export const damage: fc.Arbitrary<Damage> = fc.record({
  how: fc.constantFrom(...HOW),
  pick: fc.nat(10_000),
  at: fc.nat(10_000),
  junk: fc.oneof(
    // Such numbers as DynamoDB can hold.
    fc.constantFrom<Json>(
      -1,
      0.5,
      1e100,
      2 ** 53 + 2,
      9_007_199_254_740_991,
      '',
      null,
      [],
      {},
      true,
      '1#2#3',
      '[]',
      '["e"]',
      '["e",1,0,"s","x",2,"v-0",9]',
      { r: 'c:AAAA', b: 4 },
      { r: 'x:y', b: 1 },
      { r: '../PROCESS', b: 1 },
    ),
    anyJson.filter(
      (value) => !/e[+-]?\d{3}/u.test(JSON.stringify(value)) && JSON.stringify(value).isWellFormed(),
    ),
  ),
})

/** The items with the damage in one of them, and which attribute of which item it is in. */
export function damaged(
  items: readonly (Item & Key)[],
  { how, pick, at, junk }: Damage,
): { items: readonly (Item & Key)[]; key: Key; attr: string | undefined } {
  const index = pick % items.length
  const item = items[index]
  if (item === undefined) throw new Error('there is an item to damage')
  const key = { pk: item.pk, sk: item.sk }
  const others = items.filter((_, each) => each !== index)
  if (how === 'gone') return { items: others, key, attr: undefined }
  const attrs = Object.keys(item).filter((each) => !['pk', 'sk'].includes(each))
  const attr = attrs[at % attrs.length] ?? 'v'
  const next: Record<string, Json> = { ...item }
  if (how === 'drop') delete next[attr]
  else if (how === 'newer') next['v'] = 2
  else if (how === 'add') next[`new${at % 10}`] = junk
  else if (how === 'swap') Object.assign(next, others[at % Math.max(1, others.length)], key)
  else next[attr] = altered(how, next[attr] ?? null, at, junk)
  const changed = how === 'newer' ? 'v' : how === 'swap' || how === 'add' ? undefined : attr
  return { items: [...others, next as Item & Key], key, attr: changed }
}

function altered(
  how: 'replace' | 'retype' | 'cut' | 'flip' | 'element',
  value: Json,
  at: number,
  junk: Json,
): Json {
  if (how === 'retype') return typeof value === 'number' ? String(value) : JSON.stringify(value).length
  if (how === 'cut' && typeof value === 'string') return value.slice(0, at % Math.max(1, value.length))
  if (how === 'flip' && typeof value === 'string')
    return `${value.slice(0, at % (value.length + 1))}"${value.slice(at % (value.length + 1))}`
  if (Array.isArray(value) && value.length > 0) {
    if (how === 'cut') return value.slice(0, -1)
    const element = at % value.length
    return value.map((each, index) => (index === element ? junkFor(each, how, at, junk) : each))
  }
  return junk
}

function junkFor(element: Json, how: 'replace' | 'flip' | 'element', at: number, junk: Json): Json {
  return how === 'flip' && typeof element === 'string'
    ? element.slice(0, at % Math.max(1, element.length))
    : junk
}

export function idOf(name: string): ProcessId {
  return parseProcessId(name)
}

/** Numbers of any size, which the store itself would refuse to write. */
export function asAttributes(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, asAttribute(value)]))
}

function asAttribute(value: Json): AttributeValue {
  if (value === null) return { NULL: true }
  if (typeof value === 'number') return { N: String(value) }
  if (typeof value === 'string') return { S: value }
  if (typeof value === 'boolean') return { BOOL: value }
  return Array.isArray(value) ? { L: value.map(asAttribute) } : { M: asAttributes(value) }
}
