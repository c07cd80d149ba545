import { appendFile } from 'node:fs/promises'
import * as v from 'valibot'
import { defineProcess } from '../lib/effects/definition.ts'

export const THREE_STEPS = 'three-steps'

type StepName = 'check' | 'charge' | 'ship'
/** Called in each step's body, so a bench knows how often it ran, and may stop in it. */
export type OnStep = (step: { id: string; name: StepName; attempt: number }) => Promise<void> | void

/** The process that budgets are stated for: three small steps, each on what the one before returned. */
export function threeSteps(onStep: OnStep = () => undefined) {
  return defineProcess({
    kind: THREE_STEPS,
    input: v.strictObject({ order: v.number() }),
    output: v.strictObject({ parcel: v.string() }),
    async run(context, { order }) {
      const { id, attempt } = context
      const inStep = <T>(name: StepName, value: T): Promise<T> =>
        Promise.resolve(onStep({ id, name, attempt })).then(() => value)
      const { amount } = await context.step('check', () => inStep('check', { amount: order * 10 }))
      const { charge } = await context.step('charge', () => inStep('charge', { charge: `ch-${amount}` }))
      return context.step('ship', () => inStep('ship', { parcel: `pa-${charge}` }))
    },
  })
}

/** Appends a line to `file` each time a step's body runs. Lines of several workers do not mix: they are short appends. */
export function traceTo(file: string): OnStep {
  return ({ id, name }) => appendFile(file, `${id} ${name}\n`)
}
