import * as v from 'valibot'
import type { ProcessContext } from '../lib/effects/context.ts'
import { defineProcess } from '../lib/effects/definition.ts'

// The processes of the effects' scenarios. Each takes the input that `send` makes.

const input = v.strictObject({ order: v.number() })

function process(kind: string, run: (context: ProcessContext) => Promise<unknown>) {
  return defineProcess({ kind, input, output: v.unknown(), run })
}

/** `count` small steps, one after another. */
export function sequential(count: number) {
  return process('sequential', async (context) => {
    let total = 0
    for (let n = 0; n < count; n += 1) total += await context.step('add', () => 1)
    return total
  })
}

/** `count` small steps at once. */
export function fanOut(count: number) {
  return process('fan-out', async (context) => {
    const values = await context.map(
      Array.from({ length: count }, (_, n) => n),
      (n) => context.step('square', () => n * n),
    )
    return values.length
  })
}

export const waitsForSignal = process('waits', (context) => context.signal('go'))

export const sleeps = process('sleeps', (context) => context.sleep({ minutes: 10 }))

export const sleepsLong = process('sleeps-long', (context) => context.sleep({ days: 30 }))

export const child = process('child', async () => 'grown')

export const parent = process('parent', (context) => context.run(child, { order: 1 }))
