import type { Item } from '../../../lib/registry/store/store.ts'
import type { History } from '../history.ts'
import type { Expected } from './expected.ts'

/** What a world has left of one process, read from its stored items by the table's layout. */
export type Left = {
  readonly status: string
  readonly output: unknown
  /** How often each effect is recorded, by the names of the model. */
  readonly effects: ReadonlyMap<string, number>
  readonly children: number
}

const ENDS = ['completed', 'failed', 'cancelled', 'abandoned']
const EFFECTS: Readonly<Record<string, string>> = {
  s: 'step',
  w: 'sleep',
  g: 'signal',
  c: 'start',
  r: 'child',
  e: 'emit',
  n: 'now',
  x: 'random',
  u: 'uuid',
  p: 'patched',
}

export function leftOf({ end }: History): ReadonlyMap<string, Left> {
  const items = new Map(end.map((item) => [`${text(item['pk'])}/${text(item['sk'])}`, item]))
  const parents = end.map((item) =>
    isProcess(item) ? (item['pa'] as { i?: string } | undefined)?.i : undefined,
  )
  return new Map(
    end.filter(isProcess).map((item) => {
      const id = text(item['pk']).slice('P#'.length)
      return [
        id,
        {
          status: text(item['s']),
          output: outputOf(items, item),
          effects: effectsIn(entriesOf(items, item)),
          children: parents.filter((parent) => parent === id).length,
        },
      ]
    }),
  )
}

/** What differs from the model of a process. */
export function differences(
  id: string,
  expected: Expected,
  left: Left | undefined,
  history: History,
): string[] {
  if (left === undefined) return expected.mayBeMissing ? [] : [`${id} is not there`]
  if (!ENDS.includes(left.status)) return expected.mayStayOpen ? [] : [`${id} is ${left.status} at the end`]
  const whole = left.status === 'completed' || left.status === 'failed'
  const says: string[] = []
  const why = expected.allowed(left)
  if (why !== undefined) says.push(why)
  for (const name of new Set([...expected.effects.keys(), ...left.effects.keys()])) {
    const { min, max } = expected.effects.get(name) ?? { min: 0, max: 0 }
    const got = left.effects.get(name) ?? 0
    if (got > max || (whole && got < min)) says.push(`${name} is recorded ${got} times, not ${min} to ${max}`)
  }
  const { min, max } = expected.children
  if (left.children > max || (whole && left.children < min))
    says.push(`it has ${left.children} children, not ${max}`)
  return [...says, ...attemptsMissed(id, expected, history)].map((each) => `${id}: ${each}`)
}

/** Bodies that were told of an attempt that the model does not know of. */
function attemptsMissed(id: string, expected: Expected, { facts }: History): string[] {
  return facts.flatMap((fact) => {
    if (fact.kind !== 'body' || fact.process !== id) return []
    const most = expected.attempts.get(fact.effect) ?? 0
    return fact.attempt > most ? [`attempt ${fact.attempt} of ${fact.effect}, of ${most}`] : []
  })
}

function isProcess(item: Item): boolean {
  return item['sk'] === 'PROCESS'
}

function outputOf(items: ReadonlyMap<string, Item>, item: Item): unknown {
  const value = (item['o'] as { v?: string | { r: string } } | undefined)?.v
  if (value === undefined) return undefined
  return JSON.parse(
    typeof value === 'string' ? value : text(items.get(`${text(item['pk'])}/BLOB#${value.r}`)?.['j']),
  )
}

/** The log of a process, from the pages that it points at and its newest entries. */
function entriesOf(items: ReadonlyMap<string, Item>, item: Item): readonly unknown[][] {
  const texts = [...(item['t'] as string[])]
  for (let pointer = item['p']; typeof pointer === 'string';) {
    const [first = '', last = '', fence = ''] = pointer.split('#')
    const sk = `LOG#${last.padStart(12, '0')}#${first.padStart(12, '0')}#${fence}`
    const page = items.get(`${text(item['pk'])}/${sk}`)
    if (page === undefined) throw new Error(`no page ${sk} of ${text(item['pk'])}`)
    texts.unshift(...(page['t'] as string[]))
    pointer = page['p']
  }
  return texts.map((each) => JSON.parse(each) as unknown[])
}

/** `["e", at, position, effect, name, …]` is the outcome of an effect. A child's wait is named by an id, which is left out. */
function effectsIn(entries: readonly unknown[][]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>()
  for (const [tag, , , effect, name] of entries) {
    if (tag !== 'e') continue
    const kind = EFFECTS[String(effect)] ?? String(effect)
    const key = kind === 'child' ? kind : `${kind} ${String(name)}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  return counts
}

function text(value: unknown): string {
  if (typeof value === 'string') return value
  throw new TypeError(`expected a text in an item, got ${JSON.stringify(value)}`)
}
