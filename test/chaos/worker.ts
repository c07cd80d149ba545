import { appendFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as v from 'valibot'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { StepInterrupted } from '../../lib/model/errors.ts'
import { workerHandler } from '../../lib/worker/lambda.ts'

// The handler that chaos is done to. Its bodies tell what they do in a file outside the system, which no fault touches.

const OWNER = process.env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? ''
const FILE = join(process.env['CHAOS_DIR'] ?? '.', `worker-${process.pid}.jsonl`)

function tell(fact: object): void {
  appendFileSync(FILE, `${JSON.stringify({ at: Date.now(), by: OWNER, ...fact })}\n`)
}
tell({ kind: 'born', pid: process.pid })

const INPUT = v.object({ size: v.number() })
const OUTPUT = v.array(v.string())
const RETRY = { maxAttempts: 50, initialDelay: { ms: 100 }, maxDelay: { ms: 400 } }

function body(context: ProcessContext, effect: string, fails = 0, bytes = 8) {
  return async ({ attempt }: { attempt: number }): Promise<string> => {
    tell({ kind: 'body', process: context.id, effect, attempt })
    await pause(10 + Math.random() * 60)
    if (attempt <= fails) throw new Error(`attempt ${attempt} fails`)
    return effect.padEnd(bytes, '.')
  }
}

function kind(name: string, run: (context: ProcessContext, size: number) => Promise<string[]>) {
  return defineProcess({
    kind: name,
    input: INPUT,
    output: OUTPUT,
    // Chaos kills a worker again and again while it makes no progress: that is no reason to give up here.
    limits: { maxStalls: 10_000 },
    async run(context, { size }) {
      const value = await run(context, size)
      tell({ kind: 'ran-to-end', process: context.id })
      return value
    },
  })
}

const chain = kind('chain', async (context, size) => {
  const values: string[] = []
  for (let n = 0; n < size; n += 1)
    values.push(await context.step(`s${n}`, body(context, `s${n}`, 0, n % 5 === 4 ? 1_500 : 8)))
  return values
})

const wide = kind('wide', (context, size) =>
  context.map(
    Array.from({ length: size }, (_, n) => n),
    (n) => context.step(`w${n}`, body(context, `w${n}`)),
    { concurrency: 4 },
  ),
)

const waiter = kind('waiter', async (context) => {
  const first = await context.step('before', body(context, 'before'))
  const said = await context.signal('go')
  await context.sleep({ ms: 400 }, 'pause')
  const again = await context.signal('go')
  return [first, String(said), String(again), await context.step('after', body(context, 'after'))]
})

const stubborn = kind('stubborn', async (context) => [
  await context.step('twice', body(context, 'twice', 2), { retry: RETRY }),
])

const shy = kind('shy', async (context) => {
  try {
    return [await context.step('once', body(context, 'once'), { semantics: 'at-most-once' })]
  } catch (error) {
    if (error instanceof StepInterrupted) return ['interrupted']
    throw error
  }
})

const tree = kind('tree', async (context, size) => {
  const parts = await context.map(
    Array.from({ length: size }, (_, n) => n),
    () => context.run(chain, { size: 3 }),
  )
  return parts.flat()
})

const patient = kind('patient', async (context) => {
  await context.step('before', body(context, 'before'))
  await context.sleep({ hours: 5 }, 'long')
  return ['slept']
})

export const handler = workerHandler({ definitions: [chain, wide, waiter, stubborn, shy, tree, patient] })
