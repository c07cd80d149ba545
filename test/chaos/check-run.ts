import { check } from '../simulation/checker/check.ts'
import type { Expectations, Expected } from '../simulation/checker/expectations.ts'
import type { History, Violation } from '../simulation/history.ts'
import { historyOf } from './facts.ts'
import type { Asked, Load } from './load.ts'
import { childrenOf, outputOf, type Program } from './programs.ts'
import type { WorkerLog } from './worker-logs.ts'
import type { Write } from './recorder.ts'

type Seen = {
  readonly writes: readonly Write[]
  readonly logs: readonly WorkerLog[]
  readonly end: History['end']
  readonly load: Pick<Load, 'asked' | 'facts'>
}

/** Judges a run by the checker of the simulation, and by what only this one can know. */
export function checkRun({ writes, logs, end, load }: Seen): readonly Violation[] {
  const { facts, astray } = historyOf(writes, logs)
  const history: History = { facts: [...facts, ...load.facts], end }
  return [
    ...check(history, expectationsOf([...load.asked.values()])),
    ...astray.map(({ kind, ...rest }) => ({
      invariant: 'no body without a claim',
      says: `${kind} was logged under a claim that no write made: ${JSON.stringify(rest)}`,
    })),
    ...twiceUnderOneClaim(logs),
  ]
}

/** A run does not begin the same attempt of a step twice: what it has begun it knows. */
function twiceUnderOneClaim(logs: readonly WorkerLog[]): Violation[] {
  const bodies = logs.filter((each) => each.kind === 'body')
  const begun = Map.groupBy(bodies, (each) => JSON.stringify(each))
  return [...begun].flatMap(([body, times]) =>
    times.length === 1
      ? []
      : [{ invariant: 'no completed effect runs again', says: `begun ${times.length} times: ${body}` }],
  )
}

/** What the model says of every process that was asked for, and of the children that those start. */
function expectationsOf(asked: readonly Asked[]): Expectations {
  const processes = new Map<string, Expected>()
  for (const { id, program, endless, cancelled } of asked) {
    processes.set(id, expected(program, { mayComplete: !endless, mayBeCancelled: cancelled }))
    for (const child of childrenOf(id, program)) {
      const mayComplete = !endless
      processes.set(child.id, {
        ...expected(child.program, { mayComplete, mayBeCancelled: cancelled }),
        // A parent that is cancelled may never come to start it.
        mayBeMissing: cancelled,
      })
    }
  }
  return { processes }
}

function expected(
  program: Program,
  { mayComplete, mayBeCancelled }: { mayComplete: boolean; mayBeCancelled: boolean },
): Expected {
  const right = outputOf(program)
  return {
    allowed({ status, output }) {
      if (status === 'cancelled' && mayBeCancelled) return undefined
      if (status === 'completed' && mayComplete && output === right) return undefined
      return `${status} with ${JSON.stringify(output)}; ${mayComplete ? `a calm run completes with ${right}` : 'it is cancelled'}`
    },
  }
}
