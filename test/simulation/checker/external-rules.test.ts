import { expect, test } from 'vitest'
import type { Fact } from '../history.ts'
import type { Expectations } from './expectations.ts'
import { broken, type Facts } from './sample.ts'

const ONCE = 'an external process is completed once, by its token'
const ROW = {
  v: 1,
  k: 'outer',
  r: 'external',
  g: 'k#outer#0',
  ca: 0,
  c: 0,
  t: [],
  n: 0,
  w: { f: 'external' },
}

/** Process e is registered, and completed by a caller with its token. */
function completed(status = 'completed', output: object = { o: 'success', v: '"yes"' }): Facts {
  const pk = 'P#e'
  const waiting = { pk, sk: 'PROCESS', ...ROW, s: 'waiting', f: 0, q: 0 }
  const end = JSON.stringify(['z', 9, status])
  const { w: _wait, ...open } = waiting
  const needs: Record<string, string | number> = status === 'failed' ? { an: 'a#0', aa: 9 } : {}
  const after = { ...open, ...needs, s: status, f: 1, q: 1, t: [end], ea: 9, o: output as never }
  const said = status === 'failed' ? 'failed: no' : '"yes"'
  return [
    { at: 0, kind: 'write', by: 'client#1', pk, sk: 'PROCESS', before: undefined, after: waiting },
    { at: 9, kind: 'write', by: 'client#1', pk, sk: 'PROCESS', before: waiting, after },
    { at: 10, kind: 'completed', process: 'e', token: 'the token', output: said },
  ]
}
const model = (...outputs: string[]): Expectations => ({
  processes: new Map([
    ['e', { allowed: () => undefined, external: { token: 'the token', outputs: new Set(outputs) } }],
  ]),
})
const FAILED = { o: 'failure', e: { c: 'Error', d: 'outer_failed', m: 'no' } }

test('a completion that was accepted is the end on record', () => {
  expect(broken(completed(), model('"yes"'))).toEqual([])
  expect(broken(completed('failed', FAILED), model('failed: no'))).toEqual([])
  const another = completed().map((fact): Fact =>
    fact.kind === 'completed' ? { ...fact, output: '"no"' } : fact,
  )
  expect(broken(another, model('"yes"'))).toEqual([ONCE])
})

test('a completion is not accepted under another token', () => {
  const forged = completed().map((fact): Fact =>
    fact.kind === 'completed' ? { ...fact, token: 'a guess' } : fact,
  )
  expect(broken(forged, model('"yes"'))).toEqual([ONCE])
})

test('the recorded end is one that a caller with the token sent', () => {
  expect(broken(completed(), model('"no"'))).toEqual([ONCE])
  expect(broken(completed('failed', FAILED), model('"yes"'))).toEqual([ONCE])
})

test('no worker runs an external process', () => {
  const [made] = completed()
  if (made?.kind !== 'write' || made.after === undefined) throw new Error('a start')
  const grant = { o: 'w1', c: 1, u: 30_001 }
  const running = { ...made.after, s: 'running', f: 1, gr: grant, d: 'due#0', da: 30_001 }
  const claim: Fact = { ...made, by: 'w1', before: made.after, after: running }
  expect(broken([made, claim])).toContain('an external process is never run')
})
