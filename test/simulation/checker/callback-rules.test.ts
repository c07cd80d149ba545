import { describe, expect, test } from 'vitest'
import { check } from './check.ts'
import type { Expectations } from './expectations.ts'
import { ASKED, broken, historyOf, soundCallback, type Facts } from './sample.ts'

describe('a history with a callback', () => {
  const ONCE = 'a callback is completed once'
  const TOKEN = 'only its token completes a callback'
  const model = (...answers: string[]): Expectations => ({
    processes: new Map([['q', { allowed: () => undefined, answers: new Map([['ask', new Set(answers)]]) }]]),
  })
  /** Puts one text in the place of another, wherever it stands. */
  const said = (from: string, to: string, facts = soundCallback()): Facts => {
    const [old, other] = [from, to].map((text) => JSON.stringify(text).slice(1, -1))
    return JSON.parse(JSON.stringify(facts).replaceAll(old!, other!)) as Facts
  }
  const TIMED_OUT = ASKED.took.replace('1,"yes"', '0,"WaitTimedOut","wait_timed_out","nothing came"')

  test('is sound', () => {
    expect(check(historyOf(soundCallback()), model('"yes"'))).toEqual([])
    const failed = said(ASKED.took, ASKED.took.replace('1,"yes"', '0,"Error","callback_failed","no"'))
    const asFailed = said(
      ASKED.answer,
      ASKED.answer.replace('1,"yes"', '0,"Error","callback_failed","no"'),
      failed,
    )
    const facts = asFailed.map((fact) => ('answer' in fact ? { ...fact, answer: 'failed: no' } : fact))
    expect(check(historyOf(facts), model('failed: no'))).toEqual([])
    const timedOut = said(ASKED.took, TIMED_OUT).filter(
      (fact) => fact.kind !== 'answered' && fact.kind !== 'took-answer',
    )
    const timeout = said(ASKED.answer, JSON.stringify(['u', 50]), timedOut)
    expect(broken(timeout)).not.toContain(ONCE)
  })

  const CASES: { readonly [what: string]: readonly [invariant: string, facts: () => Facts] } = {
    'is refused in which code is given another answer': [
      ONCE,
      () => soundCallback().map((fact) => (fact.kind === 'took-answer' ? { ...fact, answer: '"no"' } : fact)),
    ],
    'is refused in which another answer is accepted as well': [
      ONCE,
      () => [
        ...soundCallback(),
        { at: 70, kind: 'answered', process: 'q', name: 'ask', token: 'q~0~secret', answer: '"no"' },
      ],
    ],
    'is refused in which a second answer is on record': [ONCE, () => said(ASKED.end, ASKED.answer)],
    'is refused in which a wait records another answer': [
      ONCE,
      () => said(ASKED.took, ASKED.took.replace('yes', 'no')),
    ],
    'is refused in which a wait times out whose owner had read the answer': [
      ONCE,
      () => said(ASKED.took, TIMED_OUT),
    ],
    'is refused in which it is answered and waits on': [ONCE, () => soundCallback().slice(0, -4)],
    'is refused in which an answer is accepted under another secret': [
      TOKEN,
      () =>
        soundCallback().map((fact) => (fact.kind === 'answered' ? { ...fact, token: 'q~0~another' } : fact)),
    ],
    'is refused in which a token goes out that is not on record': [
      TOKEN,
      () =>
        soundCallback().map((fact) =>
          fact.kind === 'gave-token' ? { ...fact, token: 'q~0~another' } : fact,
        ),
    ],
    'is refused in which an answer is on record where no callback is': [
      TOKEN,
      () => said(ASKED.answer, ASKED.answer.replace('50,0', '50,7')),
    ],
  }
  test.each(Object.entries(CASES))('%s', (_, [invariant, facts]) => {
    expect(broken(facts())).toContain(invariant)
  })

  test('is refused when its recorded answer is not one of a caller with the token', () => {
    expect(broken(soundCallback(), model('"no"'))).toEqual([TOKEN])
  })
})
