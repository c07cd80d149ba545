import { expect, test } from 'vitest'
import type { Program } from '../programs/program.ts'
import { tried, type Trial } from './trial.ts'

const step: Program[number] = { do: 'step', fails: 0, tries: 3, delayMs: 0, bytes: 5 }

/** One process, one worker, and one fault: the park of the first run is given up after ten seconds, and tried again. */
function slowPark(seed: number): Trial {
  const program: Program = [
    step,
    { do: 'sleep', ms: 5_000 },
    { do: 'together', branches: [[{ do: 'signal', name: 'a' }], [{ do: 'sleep', ms: 60_000 }]] },
  ]
  return {
    scenario: {
      seed,
      workers: 1,
      drivers: 0,
      batchMax: 1,
      timeoutMs: 900_000,
      troubleCalls: 500,
      deploys: [],
      faults: [{ at: 'update P#p0/PROCESS', nth: 2, kind: 'timeout before', ms: 10_000 }],
    },
    plan: {
      roots: [{ id: 'p0', program, frail: false, throws: false }],
      asks: [
        { do: 'start', process: 'p0', atMs: 0, byMessage: false },
        { do: 'signal', process: 'p0', name: 'a', key: 'a0', bytes: 5, atMs: 3_000 },
      ],
    },
  }
}

// 1. The park is on its way, with the step's outcome. 2. A signal arrives, so that it will be refused. 3. The sleep has ended
// before it is. (Seed 11665 at 26258d9.)
test('a wait that ends while its park is in flight does not overtake the park’s outcomes [C40]', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const { violations, outcome } = await tried(slowPark(seed))
    expect(outcome.faults).toHaveLength(1)
    expect(violations).toEqual([])
  }
})
