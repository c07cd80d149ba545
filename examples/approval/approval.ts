import * as v from 'valibot'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess } from '../../lib/effects/definition.ts'
import { WaitTimedOut } from '../../lib/model/errors.ts'
import { post, type Post } from '../post.ts'

const HOUR_MS = 3_600_000

/** What a person sends as signal `decision`. */
export const Decision = v.object({ approved: v.boolean(), by: v.string() })
export type Decision = v.InferOutput<typeof Decision>

/**
 * Asks a person, reminds them each day, and gives up after three. Until a person decides, the process is a row in a table
 * and nothing else: it holds no Lambda and costs no reads.
 */
export function approvalWith(send: Post) {
  return defineProcess({
    kind: 'approval',
    input: v.object({
      what: v.string(),
      /** Where messages to the person are posted. */
      mailbox: v.string(),
      remindEveryMs: v.optional(v.number(), 24 * HOUR_MS),
      giveUpAfterMs: v.optional(v.number(), 72 * HOUR_MS),
    }),
    output: v.object({ approved: v.boolean(), by: v.string(), reminders: v.number() }),
    async run(context, { what, mailbox, remindEveryMs, giveUpAfterMs }) {
      const giveUpAt = context.now() + giveUpAfterMs
      const mail = (name: string, text: string) =>
        context.step(
          name,
          ({ idempotencyKey: key, abortSignal: signal }) =>
            send({ url: mailbox, body: { process: context.id, text }, key, signal }),
          { timeout: { seconds: 20 }, retry: { maxAttempts: 10 } },
        )

      await mail('ask', `Please decide: ${what}`)
      for (let reminders = 0; ; reminders += 1) {
        const decision = await decisionBy(context, Math.min(context.now() + remindEveryMs, giveUpAt))
        if (decision !== undefined) return { ...decision, reminders }
        if (context.now() >= giveUpAt) return { approved: false, by: 'time', reminders }
        await mail(`remind-${reminders + 1}`, `Still waiting for you: ${what}`)
      }
    },
  })
}

/**
 * The first decision that can be read, or undefined where none came by `at`. One that its schema refuses is reported, and the
 * wait continues. The wait itself is the race between the signal and the clock: it has one outcome, which is recorded, so no
 * re-run sees the other one win. A race of `signal` and `sleep` would leave the loser open, and the next wait would be the
 * second in line for the signal.
 */
async function decisionBy(context: ProcessContext, at: number): Promise<Decision | undefined> {
  try {
    const leftMs = Math.max(0, at - context.now())
    return await context.signal('decision', { schema: Decision, timeout: { ms: leftMs } })
  } catch (error) {
    if (error instanceof WaitTimedOut) return undefined
    throw error
  }
}

export const approval = approvalWith(post)
