import { existsSync, writeFileSync } from 'node:fs'
import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'
import { workerHandler } from '../../lib/worker/lambda.ts'
import { threeSteps } from '../three-steps.ts'
import { say } from './words.ts'

const counted = v.strictObject({ count: v.number() })

const steps = defineProcess({
  kind: 'steps',
  input: counted,
  output: v.number(),
  async run(context, { count }) {
    let total = 0
    for (let n = 0; n < count; n += 1) total += await context.step('add', () => 1)
    return total
  },
})

/** Hangs in its first run, which leaves a file, and ends in a later one. */
const hangs = defineProcess({
  kind: 'hangs',
  input: v.strictObject({ file: v.string() }),
  output: v.null(),
  run: (context, { file }) =>
    context.step('hang', () => {
      say('running', context.id)
      if (existsSync(file)) return null
      writeFileSync(file, '')
      return new Promise<null>(() => undefined)
    }),
})

const waits = defineProcess({
  kind: 'waits',
  input: v.null(),
  output: v.unknown(),
  run: (context) => context.signal('go'),
})

const child = defineProcess({
  kind: 'child',
  input: v.number(),
  output: v.number(),
  run: (_, n) => Promise.resolve(n * 2),
})

const parent = defineProcess({
  kind: 'parent',
  input: counted,
  output: v.number(),
  async run(context, { count }) {
    const numbers = Array.from({ length: count }, (_, n) => n)
    const doubled = await context.map(numbers, (n) => context.run(child, n))
    say('done', context.id)
    return doubled.length
  },
})

export const handler = workerHandler({ definitions: [threeSteps(), steps, hangs, waits, child, parent] })
