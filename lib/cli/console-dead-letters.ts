import { ConsoleRefused, refusals } from '../console/errors.ts'
import type { DeadLetterPort } from '../console/operations.ts'
import type { DeadLetterRow } from '../console/protocol.ts'
import { look, redrive, remove, sqsFailure, type Received } from './dead-letters.ts'
import { UsageError } from './errors.ts'
import type { QueueAccess } from './queues.ts'

const LISTED = 100
const AT_MOST = 1_000
/** A hundred bodies of a megabyte would stall the page. */
const BODY_MAX = 20_000

/** Dead letters for the console's page, as `leasehold dlq` handles them. */
export function deadLettersOf(queues: () => Promise<QueueAccess>): DeadLetterPort {
  // A look hides letters from other looks: two tabs that look at once would each show a part. So each look waits for the one before.
  let before: Promise<unknown> = Promise.resolve()
  const oneByOne = <Value>(limit: number, see: Parameters<typeof look<Value>>[2]): Promise<Value> => {
    const mine = before.then(() => refusing(() => look(queues, limit, see)))
    before = mine.then(
      () => undefined,
      // The caller of that look has its error.
      () => undefined,
    )
    return mine
  }
  const change =
    (act: (access: QueueAccess, letter: Received) => Promise<void>) =>
    (messageId: string): Promise<void> =>
      oneByOne(AT_MOST, async (access, { letters }, keep) => {
        const letter = letters.find((each) => each.messageId === messageId)
        if (letter === undefined) throw new ConsoleRefused(refusals.deadLetter(messageId))
        await act(access, letter)
        keep(letter)
      })
  return {
    list: () =>
      oneByOne(LISTED, async (_access, { letters, more }) => ({ letters: letters.map(rowOf), more })),
    redrive: change(redrive),
    remove: change(remove),
  }
}

function rowOf({ receipt: _receipt, source: _source, body, ...row }: Received): DeadLetterRow {
  return { ...row, body: body.slice(0, BODY_MAX).toWellFormed(), bodyLength: body.length }
}

async function refusing<Value>(run: () => Promise<Value>): Promise<Value> {
  try {
    return await run()
  } catch (cause) {
    if (cause instanceof ConsoleRefused) throw cause
    if (cause instanceof UsageError) throw new ConsoleRefused(refusals.noQueues(), { cause })
    const { code, ofRights } = sqsFailure(cause)
    throw new ConsoleRefused(ofRights ? refusals.queueRights(code) : refusals.queue(code), { cause })
  }
}
