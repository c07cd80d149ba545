import { expect, test } from 'vitest'
import { Random } from '../world/random.ts'
import { withCallbacks } from './callbacks.ts'
import type { Line, Program, RootPlan } from './program.ts'

const SEEDS = Array.from({ length: 400 }, (_, seed) => seed)

const SLEEP: Line = { do: 'sleep', ms: 20 }
const ROOTS: readonly RootPlan[] = [
  {
    id: 'p0',
    program: [
      SLEEP,
      { do: 'together', branches: [[SLEEP], []] },
      { do: 'child', child: { program: [SLEEP], frail: false, throws: false, named: true } },
    ],
    frail: false,
    throws: false,
  },
]

const made = SEEDS.map((seed) => withCallbacks(ROOTS, new Random(seed), new Random(seed, 'beats')))
const callbacks = made.flatMap((roots) => callbacksIn(roots[0]!.program))

test('callbacks come into some programs, wherever a line can stand, and everything else stays', () => {
  expect(made.map((roots) => roots.map((root) => ({ ...root, program: without(root.program) })))).toEqual(
    SEEDS.map(() => ROOTS),
  )
  const some = made.filter((roots) => roots !== ROOTS)
  expect(some.length).toBeGreaterThan(SEEDS.length / 5)
  expect(some.length).toBeLessThan(SEEDS.length / 2)
  const own = made.flatMap((roots) => roots[0]!.program.filter(isCallback))
  expect(own.length).toBeGreaterThan(20)
  expect(callbacks.length - own.length).toBeGreaterThan(20)
})

test('generated callbacks get each kind of answer, and an endless wait gets a valid one', () => {
  const honest = callbacks.map(({ answers }) => answers.filter(({ forged }) => !forged))
  for (const [n, { timeoutMs }] of callbacks.entries())
    if (timeoutMs === undefined) expect(honest[n]!.length).toBeGreaterThan(0)
  const kinds = {
    withoutDeadline: callbacks.filter(({ timeoutMs }) => timeoutMs === undefined),
    never: callbacks.filter(({ timeoutMs, answers }) => timeoutMs !== undefined && answers.length === 0),
    fails: honest.filter((answers) => answers.some(({ fails }) => fails)),
    forged: callbacks.filter(({ answers }) => answers.some(({ forged }) => forged)),
    twiceTheSame: honest.filter(([one, two]) => two !== undefined && one?.says === two.says),
    twoThatDiffer: honest.filter(([one, two]) => two !== undefined && one?.says !== two.says),
    nearTheDeadline: callbacks.filter(({ answers, timeoutMs, restMs = 0 }) =>
      answers.some(({ afterMs }) => Math.abs(afterMs - restMs - (timeoutMs ?? -1e6)) <= 300),
    ),
  }
  expect(Object.entries(kinds).filter(([, { length }]) => length < 5)).toEqual([])
})

test('two who say the same say it in the same words', () => {
  for (const { answers } of callbacks) {
    const words = answers.flatMap(({ says, bytes, fails, forged }) =>
      !forged && says === 'x' ? [`${bytes} ${fails}`] : [],
    )
    expect(new Set(words).size).toBeLessThanOrEqual(1)
  }
})

function isCallback(line: Line): line is Extract<Line, { do: 'callback' }> {
  return line.do === 'callback'
}

function callbacksIn(program: Program): Extract<Line, { do: 'callback' }>[] {
  return program.flatMap((line) => {
    if (line.do === 'callback') return [line]
    if (line.do === 'together') return line.branches.flatMap(callbacksIn)
    return line.do === 'child' || line.do === 'start' ? callbacksIn(line.child.program) : []
  })
}

function without(program: Program): Program {
  return program.flatMap((line): Line[] => {
    if (line.do === 'callback') return []
    if (line.do === 'together') return [{ ...line, branches: line.branches.map(without) }]
    if (line.do !== 'child' && line.do !== 'start') return [line]
    return [{ ...line, child: { ...line.child, program: without(line.child.program) } }]
  })
}
