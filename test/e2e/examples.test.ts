import { afterEach, expect, inject, test } from 'vitest'
import type { ExampleRun, ExampleStack } from '../../examples/local-client.ts'
import * as agent from '../../examples/agent/main.ts'
import * as approval from '../../examples/approval/main.ts'
import * as crawler from '../../examples/crawler/main.ts'
import * as host from '../../examples/host/main.ts'
import * as order from '../../examples/order/main.ts'
import { startLocalStack, type LocalStack } from '../../lib/local/stack.ts'

type Example = {
  readonly workerEntry: string
  runExample(stack: ExampleStack, run: ExampleRun): Promise<number>
}

let stack: LocalStack | undefined
afterEach(() => stack?.stop())

const examples: [string, Example, RegExp][] = [
  ['order', order, /^1 parcel, 1 payment and 1 reservation stand$/m],
  ['approval', approval, /"by":"time"/],
  ['crawler', crawler, /^8 pages, 2 broken$/m],
  ['host', host, /^3 of 3 reports are done, 24 pages are recorded$/m],
  ['agent', agent, /^refunds made: 1 and 0$/m],
]

test.each(examples)(
  'the %s example runs on workers of its own, and ends well',
  { timeout: 120_000 },
  async (name, example, told) => {
    stack = await startLocalStack({
      name: `${name}-example`,
      workerEntry: example.workerEntry,
      dynamoEndpoint: inject('dynamoEndpoint'),
      timings: { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 1_000 },
    })
    let printed = ''
    const code = await example.runExample(stack, { out: { write: (text) => (printed += text) } })
    expect(printed).toMatch(told)
    expect(code).toBe(0)
  },
)
