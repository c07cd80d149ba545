import { fileURLToPath } from 'node:url'
import * as v from 'valibot'
import { freshId, openClient, type ExampleRun, type ExampleStack } from '../local-client.ts'
import type { LogEntry } from '../../lib/model/log.ts'
import { agent, Said } from './agent.ts'
import { openDesk } from './desk.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

/**
 * A person reads along while a model looks into an invoice, and allows it to pay money back; then another one is
 * cancelled in the middle of its turn. Answers 0 where one refund was made, and the second agent ended cancelled.
 */
export async function runExample(stack: ExampleStack, { out }: ExampleRun): Promise<number> {
  const local = openClient(stack)
  const desks = [await openDesk({ pauseMs: 150 }), await openDesk({ pauseMs: 150, silentInTurn: 2 })]
  try {
    const outcomes: string[] = []
    for (const desk of desks) {
      const id = freshId('agent')
      out.write(`${id}: Why was I charged twice?\n`)
      await local.client.start(agent, { desk: desk.url, task: 'Why was I charged twice?' }, { id })
      void desk.silence.then(() => local.client.cancel(id, 'it thinks for too long'))
      const { outcome } = await local.follow(id, async (entry) => {
        tell(out, entry)
        if (entry.type !== 'effect' || entry.name !== 'permit-wanted') return
        out.write('  [ann allows it]\n')
        await local.client.signal(id, { name: 'permit', payload: { allow: true, by: 'ann' }, key: 'ann-1' })
      })
      outcomes.push(outcome)
    }
    const refunds = desks.map(({ refunds }) => refunds.length)
    out.write(`refunds made: ${refunds.join(' and ')}\n`)
    return outcomes.join() === 'success,cancelled' && refunds.join() === '1,0' ? 0 : 1
  } finally {
    local.close()
    for (const desk of desks) await desk.close()
  }
}

function tell(out: ExampleRun['out'], entry: LogEntry): void {
  if (entry.type === 'cancel') out.write(`\n  cancel requested: ${entry.reason}\n`)
  if (entry.type === 'end') out.write(`\n  the process is ${entry.status}\n`)
  if (entry.type !== 'effect' || !entry.outcome.ok) return
  const { outcome, effect, name } = entry
  const value = outcome.value !== undefined && 'value' in outcome.value ? outcome.value.value : undefined
  if (effect === 'step' && name.startsWith('tool')) out.write(`\n  [${name}: ${JSON.stringify(value)}]\n`)
  if (name === 'permit-wanted') out.write(`\n  [permit wanted: ${JSON.stringify(value)}]\n`)
  if (name === 'said') out.write(v.parse(Said, value).text)
}
