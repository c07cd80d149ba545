import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { START_AT } from '../../world/scenario.ts'

/** Attributes as the glossary calls what is in them, by the kind of item. */
const ATTRIBUTES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  PROCESS: {
    s: 'status',
    f: 'fence',
    c: 'commit',
    q: 'log',
    da: 'due',
    'w.f': 'waits for',
    r: 'recovery',
    y: 'bytes of the tail',
    ar: 'abandon request',
    su: 'suspicion',
    cr: 'cancel request',
  },
  LEASE: { f: 'fence', t: 'token', e: 'until', o: 'owner', i: 'attemptId' },
  SLOTS: { h: 'holders', q: 'queue', n: 'version', l: 'limit' },
}
const TEXT_MAX = 24

export function attributeIn(sk: string, name: string): string {
  return name === 'pk' ? 'item' : (ATTRIBUTES[sk]?.[name] ?? name)
}

export function valueIn(value: AttributeValue | undefined): string {
  if (value === undefined) return 'absent'
  if (value.N !== undefined) return Number(value.N) >= START_AT - 600_000 ? timeIn(Number(value.N)) : value.N
  if (value.L !== undefined) return `[${value.L.map(valueIn).join(', ')}]`
  return shortened(value.S ?? JSON.stringify(value))
}

/** A stored time, as seconds since the world began. */
export function timeIn(at: number): string {
  return secondsIn(at - START_AT)
}

export function secondsIn(ms: number): string {
  return `${(ms / 1_000).toFixed(3).replace(/\.?0+$/, '')} s`
}

export function shortened(text: string): string {
  return text.length <= TEXT_MAX ? text : `${text.slice(0, TEXT_MAX - 1)}…`
}

/** What an item is, by its key. */
export function itemIn(pk: string, sk: string): string {
  const of = pk.slice(2)
  if (sk === 'PROCESS') return of
  if (sk === 'LEASE') return `the lease of ${of}`
  if (sk === 'SLOTS') return `the places of key ${of}`
  if (sk.startsWith('LOG#')) {
    const [, last, first, fence] = sk.split('#').map(Number)
    return `a page of ${of} (entries ${first} to ${last}, fence ${fence})`
  }
  if (sk.startsWith('BLOB#')) return `a value of ${of}`
  if (sk.startsWith('KEY#')) return `the key of a signal to ${of}`
  return `${of}/${sk}`
}

export function actorIn(who: string): string {
  const [, role = who, number, nth = '1'] = /^([a-z]+)(?:-(\d+))?#(\d+)$/.exec(who) ?? []
  const name = number === undefined ? role : `${role} ${number}`
  return nth === '1' ? name : `${name} (host process ${nth})`
}
