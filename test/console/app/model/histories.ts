import * as v from 'valibot'
import { viewOf, withDerived } from '../../../../lib/client/view.ts'
import type { ProcessView } from '../../../../lib/client/processes.ts'
import { defineProcess } from '../../../../lib/effects/definition.ts'
import type { LogEntry } from '../../../../lib/model/log.ts'
import { SILENT } from '../../../../lib/telemetry/port.ts'
import { TestKit } from '../../../../lib/testing/kit.ts'

// Real histories for the view models: each is of a process that ran.

const ANY = v.any()

const child = defineProcess({
  kind: 'shipment',
  input: ANY,
  output: ANY,
  async run(context) {
    await context.sleep({ seconds: 40 }, 'truck')
    return 'P1'
  },
})

const order = defineProcess({
  kind: 'order',
  input: ANY,
  output: ANY,
  async run(context) {
    context.now()
    await context.step(
      'charge',
      ({ attempt }) => {
        if (attempt < 3) throw new Error('the bank is busy')
        return 'A-1'
      },
      { retry: { maxAttempts: 5 } },
    )
    await context.run(child, null)
    await context.sleep({ minutes: 20 }, 'cooling-off')
    const answer = await context.signal('approve', { timeout: { hours: 30 } })
    if (answer === 'no') throw new Error('refused by the clerk')
    return answer
  },
})

const changed = { now: false }
const invoice = defineProcess({
  kind: 'invoice',
  input: ANY,
  output: ANY,
  async run(context) {
    await context.step(changed.now ? 'send again' : 'send', () => 1)
    await context.signal('paid')
  },
})

const locked = defineProcess({
  kind: 'locked',
  input: ANY,
  output: ANY,
  async run(context) {
    await context.signal('release')
  },
})

const banked = defineProcess({
  kind: 'banked',
  input: ANY,
  output: ANY,
  async run(context) {
    const callback = await context.callback('transfer')
    return callback.result()
  },
})

/** Crashes its worker before its second write, so that another one takes over. */
export const TAKEN_OVER_AFTER_WRITE = 2

export type Lived = {
  readonly view: ProcessView
  readonly entries: readonly LogEntry[]
  readonly now: number
}

export function newKit(): TestKit {
  changed.now = false
  return new TestKit({ definitions: [order, child, invoice, locked, banked], telemetry: SILENT })
}

/** The kind and the next run of `invoice` no longer fit its history. */
export function changeTheCode(): void {
  changed.now = true
}

export const KINDS = { order, invoice, locked, banked } as const

/** A process as the API shows it now, with its whole history. */
export async function lived(kit: TestKit, id: string): Promise<Lived> {
  const record = await kit.record(id)
  return { view: viewOf(withDerived(record, undefined)), entries: await kit.log(id), now: kit.clock.now() }
}
