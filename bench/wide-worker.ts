import { appendFileSync } from 'node:fs'
import * as v from 'valibot'
import { defineProcess } from '../lib/effects/definition.ts'
import { workerHandler } from '../lib/worker/lambda.ts'

/** Steps at once, each with a value that is stored in an item of its own. */
export const WIDE = 'wide'

const INPUT = v.object({ steps: v.number(), bytes: v.number() })
const trace = process.env['BENCH_TRACE'] ?? '/dev/null'

const wide = defineProcess({
  kind: WIDE,
  input: INPUT,
  output: v.number(),
  async run(context, { steps, bytes }) {
    const numbers = Array.from({ length: steps }, (_, n) => n)
    const values = await context.map(numbers, (n) =>
      context.step(`s${n}`, () => {
        appendFileSync(trace, `${context.id} s${n}\n`)
        return 'x'.repeat(bytes)
      }),
    )
    return values.filter(({ length }) => length === bytes).length
  },
})

/** The handler of the bench's worker function. */
export const handler = workerHandler({ definitions: [wide] })
