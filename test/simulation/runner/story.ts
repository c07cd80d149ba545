import type { Trial } from './trial.ts'
import { shrunk } from './shrink.ts'
import { tried, trialOf } from './trial.ts'

/** Lines of a trace that say nothing of what broke: reads that found nothing new, and passes without work. */
const QUIET = /\b(query (due|list|table)|backlog|is told)\b(?!.*⚡)/

/** Shrinks a seed that fails, and tells it so that a person can read it. */
export async function explained(seed: number): Promise<string> {
  const trial = trialOf(seed)
  const found = await shrunk(trial, await tried(trial))
  return told(seed, found.trial, found.lives)
}

async function told(seed: number, trial: Trial, lives: number): Promise<string> {
  const { outcome, violations } = await tried(trial, { trace: true })
  const { faults = [], deploys, workers, drivers } = trial.scenario
  return [
    '',
    `seed ${seed}, shrunk in ${lives} lives to ${faults.length} faults, ${deploys.length} deploys, ${workers} workers and ${drivers} servers:`,
    `  program: ${JSON.stringify(trial.plan)}`,
    ...faults.map(
      ({ at, nth, kind, ms }) =>
        `  fault: ${kind}${ms === undefined ? '' : ` (${ms} ms)`} at ${at}, time ${nth}`,
    ),
    ...outcome.trace.filter((line) => !QUIET.test(line)),
    ...violations.map(({ invariant, process, says }) => `✗ ${invariant}: ${process ?? ''} ${says}`),
    `again: npm run simulate -- --seed ${seed}`,
  ].join('\n')
}
