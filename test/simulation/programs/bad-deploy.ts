import type { Deploy } from '../world/scenario.ts'
import { Random } from '../world/random.ts'
import type { Line, Plan, WhenStuck } from './program.ts'

// A deploy whose code asks for another effect than the code before it recorded. Its processes get stuck. Operators resume them,
// while that code still runs or once it is mended, and callers cancel some of them at the same time.

const SHARE = 0.1
/** An operator gets the alarm of a stuck process and looks at it. */
const RESUMED_MS = [300, 1_000, 30_000, 10 * 60_000] as const

export function hasBadDeploy(seed: number): boolean {
  return new Random(seed, 'bad deploy').chance(SHARE)
}

/** Lines whose names the bad code changes stand in each root, with something to wait for after them. */
export function withBadDeploy(plan: Plan, seed: number): Plan {
  if (!hasBadDeploy(seed)) return plan
  const random = new Random(seed, 'shaky lines')
  const roots = plan.roots.map((root) => {
    const at = random.between(0, root.program.length + 1)
    const wait: Line = { do: 'sleep', ms: random.pick([3_000, 60_000, 90 * 60_000]) }
    return { ...root, program: root.program.toSpliced(at, 0, { do: 'shaky' }, wait) }
  })
  const whenStuck = roots.flatMap(({ id }): WhenStuck[] => {
    const afterMs = random.pick(RESUMED_MS) + random.between(0, 1_000)
    const resume: WhenStuck = { do: 'resume', process: id, afterMs }
    const cancel: WhenStuck = {
      do: 'cancel',
      process: id,
      afterMs: Math.max(0, afterMs + random.between(-250, 50)),
    }
    return [...(random.chance(0.7) ? [resume] : []), ...(random.chance(0.5) ? [cancel] : [])]
  })
  return { ...plan, roots, whenStuck }
}

/** The deploys of a world, with a bad one among them, which a later one mends. */
export function withBadCode(
  deploys: readonly Deploy[],
  seed: number,
  troubleCalls: number,
): readonly Deploy[] {
  const random = new Random(seed, 'bad code')
  const atCall = random.between(20, Math.ceil(troubleCalls * 0.6))
  const mendedAt = atCall + random.between(30, troubleCalls)
  const versionAt = (call: number): number =>
    Math.max(0, ...deploys.flatMap((deploy) => (deploy.atCall <= call ? [deploy.version] : [])))
  return [
    ...deploys,
    { atCall, version: versionAt(atCall), isBad: true },
    { atCall: mendedAt, version: versionAt(mendedAt) },
  ].toSorted((a, b) => a.atCall - b.atCall)
}
