import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'

/** Long enough that the process parks and a wake-up wakes it, and short enough to wait for. */
const NAP_SECONDS = 3
const NAP_MAX_SECONDS = 24 * 3_600

/**
 * Shows after a deploy that processes run: a step, a timer that parks the process, and a step in a later run. It needs no
 * rights of its own and touches nothing outside. It returns its input, with the number of claims that it took.
 */
export const canary = defineProcess({
  kind: 'canary',
  input: v.strictObject({
    echo: v.optional(v.string(), 'hello'),
    napSeconds: v.optional(
      v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(NAP_MAX_SECONDS)),
      NAP_SECONDS,
    ),
  }),
  output: v.object({ echo: v.string(), claims: v.number() }),
  async run(context, { echo, napSeconds }) {
    const said = await context.step('before', () => ({ echo }))
    await context.sleep({ seconds: napSeconds })
    return context.step('after', () => ({ ...said, claims: context.attempt }))
  },
})
