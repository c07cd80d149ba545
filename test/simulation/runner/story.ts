import type { Violation } from '../history.ts'
import { planIn } from './telling/plan.ts'
import { linesOf, type Line } from './telling/lines.ts'
import { brokenAt, linesThatShow } from './telling/shown.ts'
import { shrunk } from './shrink.ts'
import { tried, trialOf, type Trial, type Verdict } from './trial.ts'

/** A story prints at most this many lines that differ only in their numbers. */
const ALIKE_MAX = 3
/** A story up to this length is printed whole. */
const SHORT = 40

export type Story = {
  readonly lines: readonly string[]
  readonly faults: number
  readonly processes: number
  /** Requests that were carried out or refused in the shrunk world. */
  readonly requests: number
  readonly worlds: number
}

/** Shrinks a seed that fails, and tells it so that a person can read it. */
export async function explained(seed: number, again: string): Promise<Story> {
  const trial = trialOf(seed)
  const verdict = await tried(trial)
  const found = await shrunk(trial, verdict)
  const traced = await tried(found.trial, { trace: true, bounds: found.bounds })
  const { trace } = traced.outcome
  const { faults = [] } = found.trial.scenario
  return {
    lines: [
      '',
      `seed ${seed} (hash ${verdict.outcome.hash}, ${verdict.outcome.events} events), shrunk in ${found.worlds} worlds:`,
      ...headOf(found.trial),
      '',
      ...bodyOf(traced, found.invariant),
      `again: ${again}`,
    ],
    faults: faults.length,
    processes: found.trial.plan.roots.length,
    requests: trace.filter(({ kind }) => kind === 'arrived').length,
    worlds: found.worlds,
  }
}

/** All that happened in a world, as it was. */
export function whole({ outcome, violations }: Verdict): string[] {
  const lines = linesOf(outcome.trace, { quietToo: true })
  return [...numbered(lines, { conditions: true }), ...violations.map(brokenIn)]
}

function headOf({ scenario, plan }: Trial): string[] {
  const { faults = [], deploys, workers, drivers } = scenario
  const parts = [
    counted(faults.length, 'fault'),
    counted(workers, 'worker'),
    ...(drivers === 0 ? [] : [counted(drivers, 'server')]),
    ...(deploys.length === 0 ? [] : [counted(deploys.length, 'deploy')]),
  ]
  return [`  ${parts.join(', ')}`, ...planIn(plan).map((line) => `  ${line}`)]
}

function bodyOf({ outcome, violations }: Verdict, invariant: string): string[] {
  const all = linesOf(outcome.trace, { quietToo: false })
  const first = violationOf(all, violations, invariant)
  // What follows on the broken promise does not tell how it came to be broken.
  const at = brokenAt(all, first)
  const until = at === undefined ? all : all.slice(0, at + 1)
  const lines = until.length > SHORT ? withoutRepeats(until) : until
  const left = all.length - lines.length
  const others = new Set(violations.map(brokenIn))
  others.delete(brokenIn(first))
  return [
    ...numbered(lines, { conditions: false }),
    ...(left === 0
      ? []
      : [
          `      (${counted(left, 'line')} more, ${at === undefined ? 'of the same kind' : 'after it was broken'})`,
        ]),
    '',
    brokenIn(first),
    ...shownIn(lines, first),
    ...(others.size === 0 ? [] : [`  and so ${counted(others.size, 'more promise')}, as --json says`]),
  ]
}

/** Of several that break the same promise the first to be seen; of those seen at the end the one that was at work last. */
function violationOf(lines: readonly Line[], violations: readonly Violation[], invariant: string): Violation {
  const of = violations.filter((violation) => violation.invariant === invariant)
  const seenAt = (violation: Violation): number => brokenAt(lines, violation) ?? lines.length
  const lastAt = (violation: Violation): number =>
    lines.indexOf(linesThatShow(lines, violation).at(-1) as Line)
  const [first] = of.toSorted((a, b) => {
    const apart = seenAt(a) - seenAt(b)
    return apart === 0 ? lastAt(b) - lastAt(a) : apart
  })
  if (first === undefined) throw new Error(`a shrunk trial breaks what it was shrunk for: ${invariant}`)
  return first
}

function shownIn(lines: readonly Line[], violation: Violation): string[] {
  const shown = linesThatShow(lines, violation)
  return shown.flatMap((line) => {
    const number = lines.indexOf(line) + 1
    const condition = line.condition === '' ? [] : [`    on condition of ${line.condition}`]
    return [`  line ${number}: ${line.who} ${line.text}`, ...condition]
  })
}

/** A world that does not come to rest does the same again and again. */
function withoutRepeats(lines: readonly Line[]): Line[] {
  const counts = new Map<string, number>()
  return lines.filter(({ who, text }) => {
    const like = `${who} ${text}`.replaceAll(/\d+(\.\d+)?/g, '#')
    const count = (counts.get(like) ?? 0) + 1
    counts.set(like, count)
    return count <= ALIKE_MAX
  })
}

function numbered(lines: readonly Line[], { conditions }: { readonly conditions: boolean }): string[] {
  const longest = Math.max(0, ...lines.map(({ who }) => who.length))
  return lines.map(({ atMs, who, text, condition }, index) => {
    const number = String(index + 1).padStart(4)
    const at = `${(atMs / 1_000).toFixed(3)} s`.padStart(11)
    const when = conditions && condition !== '' ? `   [on condition of ${condition}]` : ''
    return `${number} ${at}  ${who.padEnd(longest)}  ${text}${when}`
  })
}

function brokenIn({ invariant, process, says }: Violation): string {
  return `✗ ${invariant}: ${process === undefined ? '' : `${process}: `}${says}`
}

function counted(count: number, what: string): string {
  return `${count === 0 ? 'no' : count} ${what}${count === 1 ? '' : 's'}`
}
