import {
  InternalServerError,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
  TransactionInProgressException,
} from '@aws-sdk/client-dynamodb'
import type { Clock } from '../../lib/model/clock.ts'
import { localClient } from './table.ts'

/** What DynamoDB and the network do to a request, most of which the emulator never does by itself. */
export const FAULTS = [
  'drop before',
  'drop after',
  'time out after',
  'throttle',
  'conflict',
  'error 500',
  'error 500 after',
] as const
export type Fault = (typeof FAULTS)[number]

type Sent = { readonly command: string; readonly fault: Fault | undefined; readonly input: object }

/**
 * A client of the real emulator whose requests meet the faults that `next` names, one request after another. "After"
 * means that the request was carried out and its answer lost.
 */
export function faultyClient(endpoint: string, next: (command: string) => Fault | undefined) {
  const client = localClient(endpoint)
  const sent: Sent[] = []
  client.middlewareStack.add(
    (proceed, context) => async (args) => {
      const command = String(context.commandName).replace(/Command$/, '')
      const fault = next(command)
      sent.push({ command, fault, input: args.input })
      if (fault === undefined) return proceed(args)
      if (fault.endsWith('after')) await refusalIsAnAnswer(() => proceed(args))
      throw errorOf(fault, command)
    },
    { step: 'initialize', priority: 'high' },
  )
  return { client, sent }
}

/** A request that was refused by its condition was carried out too. */
async function refusalIsAnAnswer(send: () => Promise<unknown>): Promise<void> {
  try {
    await send()
  } catch (error) {
    const { name } = error as Error
    if (!['ConditionalCheckFailedException', 'TransactionCanceledException'].includes(name)) throw error
  }
}

function errorOf(fault: Fault, command: string): Error {
  const message = `made up: ${fault}`
  const $metadata = { httpStatusCode: 400 }
  switch (fault) {
    case 'drop before':
    case 'drop after':
      return Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    case 'time out after':
      return Object.assign(new Error('no answer'), { name: 'TimeoutError' })
    case 'throttle':
      return new ProvisionedThroughputExceededException({ message, $metadata })
    case 'conflict':
      if (command !== 'TransactWriteItems') return new TransactionConflictException({ message, $metadata })
      return new TransactionCanceledException({
        message,
        $metadata,
        CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }],
      })
    case 'error 500':
    case 'error 500 after':
      return new InternalServerError({ message, $metadata: { httpStatusCode: 500 } })
  }
}

export function transactionInProgress(): Error {
  return new TransactionInProgressException({ message: 'made up', $metadata: { httpStatusCode: 400 } })
}

/** A clock whose timers fire at once and are remembered: retries without the waiting. */
export function hastyClock(): Clock & { readonly waitedMs: number[] } {
  const waitedMs: number[] = []
  return {
    waitedMs,
    now: () => 0,
    after(delayMs, callback) {
      waitedMs.push(delayMs)
      queueMicrotask(callback)
      return () => undefined
    },
    turn: () => Promise.resolve(),
  }
}
