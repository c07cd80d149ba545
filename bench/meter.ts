import {
  ConditionalCheckFailedException,
  TransactionCanceledException,
  type DynamoDBClient,
} from '@aws-sdk/client-dynamodb'
import type { SQSClient } from '@aws-sdk/client-sqs'
import { priceOf, type Call, type Price, type Sides } from './pricing.ts'

/** What a scenario cost. Requests are counted as they go out, so one that the SDK sent twice counts twice. */
export type Counts = {
  readonly writeRequests: number
  readonly transactions: number
  readonly readRequests: number
  readonly writeUnits: number
  readonly readUnits: number
  readonly sqsRequests: number
}

/** One request whose units the service reported as well. */
export type Comparison = { readonly command: string; readonly computed: number; readonly reported: number }

export const NOTHING: Counts = {
  writeRequests: 0,
  transactions: 0,
  readRequests: 0,
  writeUnits: 0,
  readUnits: 0,
  sqsRequests: 0,
}

/**
 * Counts the requests of the clients it watches, and computes what they are billed. Images of items before and after a
 * write are read by a client of its own, which is not metered; writes go one at a time, so that no other write stands
 * between them. That makes a metered run slower, and changes no count.
 */
export class Meter {
  #counts = NOTHING
  #comparisons: Comparison[] = []
  #commands: string[] = []
  #lastWrite: Promise<unknown> = Promise.resolve()

  /** What was counted since the last call. */
  take(): { counts: Counts; comparisons: readonly Comparison[]; commands: readonly string[] } {
    const taken = { counts: this.#counts, comparisons: this.#comparisons, commands: this.#commands }
    this.#counts = NOTHING
    this.#comparisons = []
    this.#commands = []
    return taken
  }

  watchSqs(client: SQSClient): void {
    client.middlewareStack.add(
      (next, context) => (args) => {
        this.#commands.push(nameOf(context))
        this.#counts = { ...this.#counts, sqsRequests: this.#counts.sqsRequests + 1 }
        return next(args)
      },
      PER_ATTEMPT,
    )
  }

  watchDynamo(client: DynamoDBClient, sides: Sides): void {
    client.middlewareStack.add(
      (next, context) => (args) => {
        // The emulator miscounts transactions, so it is not asked about them.
        if (nameOf(context) === 'TransactWriteItemsCommand') return next(args)
        return next({
          ...args,
          input: { ...args.input, ReturnConsumedCapacity: 'INDEXES' },
        })
      },
      { step: 'initialize', name: 'meterAsks' },
    )
    client.middlewareStack.add(
      (next, context) => async (args) => {
        const call: Call = { command: nameOf(context), input: args.input }
        return this.#inTurn(call, async () => {
          const price = await priceOf(call, sides)
          try {
            const reply = await next(args)
            this.#add(call, await price('applied', reply.output), reply.output)
            return reply
          } catch (error) {
            if (isRefusal(error)) this.#add(call, await price('refused', undefined), error)
            throw error
          }
        })
      },
      PER_ATTEMPT,
    )
  }

  /** Writes wait for each other; reads need not. */
  #inTurn<T>(call: Call, run: () => Promise<T>): Promise<T> {
    if (/^(Get|BatchGet|Query|Describe)/.test(call.command)) return run()
    const turn = this.#lastWrite.then(run)
    this.#lastWrite = turn.catch(() => undefined)
    return turn
  }

  #add(call: Call, price: Price, reply: unknown): void {
    const { kind, units } = price
    if (kind === 'free') return
    const now = this.#counts
    this.#commands.push(call.command)
    this.#counts =
      kind === 'read'
        ? { ...now, readRequests: now.readRequests + 1, readUnits: now.readUnits + units }
        : {
            ...now,
            writeRequests: now.writeRequests + 1,
            transactions: now.transactions + (kind === 'transaction' ? 1 : 0),
            writeUnits: now.writeUnits + units,
          }
    const reported = reportedUnits(reply)
    if (reported !== undefined) this.#comparisons.push({ command: call.command, computed: units, reported })
  }
}

// After the SDK's retry middleware: what it sends again is billed again.
const PER_ATTEMPT = { step: 'finalizeRequest', priority: 'low', name: 'meter' } as const

function nameOf(context: { readonly commandName?: string }): string {
  return context.commandName ?? 'unknown'
}

function isRefusal(error: unknown): boolean {
  return error instanceof ConditionalCheckFailedException || error instanceof TransactionCanceledException
}

function reportedUnits(reply: unknown): number | undefined {
  if (typeof reply !== 'object' || reply === null || !('ConsumedCapacity' in reply)) return undefined
  const all = [reply.ConsumedCapacity].flat() as ({ readonly CapacityUnits?: number } | undefined)[]
  const units = all.map((each) => each?.CapacityUnits)
  return units.some((each) => each === undefined)
    ? undefined
    : units.reduce<number>((sum, each) => sum + (each ?? 0), 0)
}
