import { Random } from '../world/random.ts'
import type { ChildPlan, Line, Plan } from './program.ts'

// Lines that few worlds have. Each draws for itself.

/** Their entries, written with the end, are more than an ended process may carry in its row. */
const FLOOD = { count: 60, bytes: 480 }
const LARGE_BYTES = 380_000

/** Has the world a bucket for values that no item takes? */
export function hasBucket(seed: number): boolean {
  return new Random(seed, 'bucket').chance(0.05)
}

/** Is there a codec that each value goes through? */
export function isCoded(seed: number): boolean {
  return new Random(seed, 'codec').chance(0.15)
}

export function withRareLines(plan: Plan, seed: number): Plan {
  const twice: Line = { do: 'twice', restMs: new Random(seed, 'rest').pick([0, 3_000, 60_000]), child: CHILD }
  const flood: Line = { do: 'flood', ...FLOOD }
  const large: Line = { do: 'once', bytes: LARGE_BYTES }
  return {
    ...plan,
    roots: plan.roots.map((root, nth) => ({
      ...root,
      program: [
        ...root.program,
        ...(nth === 0 && hasBucket(seed) ? [large] : []),
        ...(new Random(seed, 'twice', nth).chance(0.05) ? [twice] : []),
        ...(nth === 0 && new Random(seed, 'flood').chance(0.05) ? [flood] : []),
      ],
    })),
  }
}

const CHILD: ChildPlan = {
  program: [{ do: 'step', fails: 0, tries: 1, delayMs: 0, bytes: 1_500 }],
  frail: false,
  throws: false,
  named: true,
}
