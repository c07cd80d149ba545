import { fileURLToPath } from 'node:url'
import { freshId, lineOf, openClient, type ExampleRun, type ExampleStack } from '../local-client.ts'
import { approval } from './approval.ts'
import { openMailbox } from './mailbox.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Days are seconds here, so that one need not wait for them. */
const TIMES = { remindEveryMs: 2_500, giveUpAfterMs: 7_000 }

/**
 * Asks twice: ann decides after her first reminder, and no person decides the other time. Answers 0 where the first is approved
 * and the second is given up.
 */
export async function runExample(stack: ExampleStack, { out }: ExampleRun): Promise<number> {
  const say = (line: string): void => void out.write(`${line}\n`)
  const { client, follow, close } = openClient(stack)
  const sent = Promise.withResolvers<void>()
  const mailbox = await openMailbox(({ process, text }) => {
    say(`  mail: ${text}`)
    if (!text.startsWith('Still waiting') || !text.includes('desk')) return
    const signal = { name: 'decision', payload: { approved: true, by: 'ann' }, key: 'ann-1' }
    client.signal(process, signal).then(() => sent.resolve(), sent.reject)
  })
  try {
    const outcomes: unknown[] = []
    for (const what of ['a desk for 300', 'a boat for 300,000']) {
      const id = freshId('approval')
      say(`${id}: ${what}`)
      await client.start(approval, { what, mailbox: mailbox.url, ...TIMES }, { id })
      const output = await follow(id, (entry) => {
        const line = lineOf(entry)
        if (line !== undefined) say(`  ${line}`)
      })
      say(`  ${JSON.stringify(output)}`)
      outcomes.push(output.outcome === 'success' ? output.value : output.outcome)
    }
    await sent.promise
    const [desk, boat] = outcomes.map((outcome) => JSON.stringify(outcome))
    return desk?.includes('"by":"ann"') === true && boat?.includes('"by":"time"') === true ? 0 : 1
  } finally {
    close()
    await mailbox.close()
  }
}
