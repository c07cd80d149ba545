import { availableParallelism } from 'node:os'
import { rangeInChildren } from './child.ts'
import { mutationReport } from './mutated.ts'
import { runSeeds, type RangeReport } from './range.ts'
import { explained, whole } from './story.ts'
import { tried, trialOf } from './trial.ts'

/** Each says what it found, and answers the exit code. */
export class Commands {
  readonly #json: boolean
  readonly #bug: string | undefined

  constructor({ json, bug }: { readonly json: boolean; readonly bug: string | undefined }) {
    this.#json = json
    this.#bug = bug
  }

  async one(seed: number, all: boolean): Promise<number> {
    const verdict = await tried(trialOf(seed), { trace: all })
    const { violations, outcome } = verdict
    const { hash, events, faults } = outcome
    const code = violations.length === 0 ? 0 : 1
    if (this.#json) return say([JSON.stringify({ seed, violations, faults, hash, events })], code)
    if (!all && code === 1) return say(await this.#story(seed), 1)
    const broken = code === 0 ? 'nothing broken' : `${violations.length} broken`
    return say(
      [...(all ? whole(verdict) : []), `seed ${seed} (hash ${hash}, ${events} events): ${broken}`],
      code,
    )
  }

  async range(from: number, seeds: number, here: boolean): Promise<number> {
    const report = here
      ? await runSeeds(Array.from({ length: seeds }, (_, index) => from + index))
      : await rangeInChildren(from, seeds, { children: availableParallelism(), bug: this.#bug })
    const code = report.failed.length === 0 ? 0 : 1
    return this.#json ? say([JSON.stringify(report)], code) : this.#tell(report)
  }

  async mutations(): Promise<number> {
    const report = await mutationReport((line) => void (this.#json || say([line], 0)))
    const text = this.#json
      ? JSON.stringify(report)
      : `${report.found} of ${report.planted} planted bugs found, the median one in ${report.medianSeeds} seeds`
    return say([text], report.found === report.planted ? 0 : 1)
  }

  async #tell({ failed, faults, features, ...report }: RangeReport): Promise<number> {
    const { seeds, events, takeovers, fencedOff, tookMs } = report
    const happened = Object.entries(faults).sort((a, b) => b[1] - a[1])
    const executed = Object.entries(features).sort((a, b) => b[1] - a[1])
    const lines = [
      ...executed.map(([feature, worlds]) => `${String(worlds).padStart(9)}  worlds with ${feature}`),
      ...happened.map(([kind, count]) => `${String(count).padStart(9)}  ${kind}`),
      `${seeds} seeds, ${events} events, ${takeovers} take-overs and ${fencedOff} writes fenced off in ${(tookMs / 1_000).toFixed(1)} s`,
    ]
    const [first] = failed
    if (first === undefined) return say([...lines, 'nothing broken'], 0)
    const broken = failed.map(
      ({ seed, violations: [violation] }) => `✗ seed ${seed}: ${violation?.invariant}: ${violation?.says}`,
    )
    say([...lines, ...broken], 1)
    return say(await this.#story(first.seed), 1)
  }

  async #story(seed: number): Promise<readonly string[]> {
    const planted = this.#bug === undefined ? '' : `--plant "${this.#bug}" `
    const { lines } = await explained(seed, `npm run simulate -- ${planted}--seed ${seed}`)
    return lines
  }
}

function say(lines: readonly string[], code: number): number {
  process.stdout.write(lines.map((line) => `${line}\n`).join(''))
  return code
}
