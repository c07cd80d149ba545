import { expect, test } from 'vitest'
import type { Item } from '../../../lib/registry/store/store.ts'
import type { Fact } from '../history.ts'
import { broken, soundFacts, type Facts } from './sample.ts'

/** The sound history with another process item after the take-over, or after what its owner wrote then. */
function withItems(change: (item: Item, isTakeover: boolean) => Item): Facts {
  return soundFacts().map((fact): Fact => {
    if (fact.kind !== 'write' || fact.pk !== 'P#p' || fact.sk !== 'PROCESS' || fact.after?.['f'] !== 3)
      return fact
    const isTakeover = fact.after['s'] === 'running'
    const before = isTakeover || fact.before === undefined ? fact.before : change(fact.before, true)
    return { ...fact, before, after: change(fact.after, isTakeover) }
  })
}

test('the process of a dead worker is a suspect until it has made progress', () => {
  const alone = 'a suspect runs alone'
  expect(broken(soundFacts())).toEqual([])
  expect(broken(withItems(({ su: _mark, ...item }) => item))).toContain(alone)
  expect(broken(withItems((item) => ({ ...item, su: true })))).toContain(alone)
})

/** Of w3, which took over at 70 s. */
const LEASE_ENDS_AT = 100_000

test('no body of another process begins in its worker meanwhile', () => {
  const body = (by: string, clockAt?: number): Fact => ({
    at: 70_002,
    kind: 'body',
    by,
    process: 'other',
    effect: 'x',
    attempt: 1,
    ...(clockAt === undefined ? {} : { clockAt }),
  })
  const beside = (by: string, clockAt?: number): Facts =>
    soundFacts().flatMap((fact) => (fact.kind === 'ran-to-end' ? [body(by, clockAt), fact] : [fact]))
  expect(broken(beside('w3'))).toContain('a suspect runs alone')
  expect(broken(beside('w3', LEASE_ENDS_AT - 1))).toContain('a suspect runs alone')
  expect(broken(beside('w3', LEASE_ENDS_AT))).not.toContain('a suspect runs alone')
  expect(broken(beside('w4'))).not.toContain('a suspect runs alone')
})

test('the death of a worker that ran others as well does not count', () => {
  expect(broken(withItems((item, isTakeover) => (isTakeover ? { ...item, n: 1 } : item)))).toContain(
    'only deaths of a suspect that ran alone count',
  )
})
