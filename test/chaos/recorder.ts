import { setTimeout as pause } from 'node:timers/promises'
import { DescribeTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type AttributeValue as Streamed,
  type _Record,
} from '@aws-sdk/client-dynamodb-streams'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Item } from '../../lib/registry/store/store.ts'
import type { Fact } from '../simulation/history.ts'

/** Between two reads that found nothing new. */
const READ_EVERY_MS = 400

export type Write = Extract<Fact, { kind: 'write' }>

/**
 * Reads the table's stream: every accepted write to every item, with what stood there before and after, in one order.
 * DynamoDB Local keeps the stream on disk with the table, in one shard, so it continues after a restart where it was.
 */
export class StreamRecorder {
  readonly writes: Write[] = []
  readonly #dynamo: DynamoDBClient
  readonly #streams: DynamoDBStreamsClient
  readonly #tableName: string
  readonly #onWrite: (write: Write) => void
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #last: string | undefined
  #quiet = 0

  constructor(options: {
    readonly dynamo: DynamoDBClient
    readonly endpoint: string
    readonly tableName: string
    readonly onWrite: (write: Write) => void
  }) {
    this.#dynamo = options.dynamo
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    this.#streams = new DynamoDBStreamsClient({
      endpoint: options.endpoint,
      region: 'us-east-1',
      credentials,
      requestHandler: { requestTimeout: 10_000, throwOnRequestTimeout: true },
    })
    this.#tableName = options.tableName
    this.#onWrite = options.onWrite
  }

  /** Throws if the table has no stream. Later the store may be away, and the recorder tries again. */
  async start(): Promise<void> {
    this.#running = this.#run(await this.#iterator())
  }

  /** Resolves when nothing new has come for a while: what was written before it was called has been read. */
  async caughtUp(): Promise<void> {
    this.#quiet = 0
    while (this.#quiet < 2) await pause(READ_EVERY_MS / 4)
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    await this.#running
    this.#streams.destroy()
  }

  /** The store may be away at any moment: then it begins again after the last record that it has. */
  async #run(first: string | undefined): Promise<void> {
    let iterator = first
    while (!this.#stopping.signal.aborted) {
      try {
        await this.#follow(iterator ?? (await this.#iterator()))
      } catch {
        await this.#pause()
      }
      iterator = undefined
    }
  }

  async #follow(from: string | undefined): Promise<void> {
    let iterator = from
    while (iterator !== undefined && !this.#stopping.signal.aborted) {
      const answer: { Records?: _Record[]; NextShardIterator?: string } = await this.#streams.send(
        new GetRecordsCommand({ ShardIterator: iterator }),
      )
      for (const record of answer.Records ?? []) this.#take(record)
      iterator = answer.NextShardIterator
      if ((answer.Records ?? []).length > 0) continue
      this.#quiet += 1
      await this.#pause()
    }
  }

  async #iterator(): Promise<string | undefined> {
    const { Table } = await this.#dynamo.send(new DescribeTableCommand({ TableName: this.#tableName }))
    const StreamArn = Table?.LatestStreamArn
    if (StreamArn === undefined)
      throw new Error(`table ${this.#tableName} has no stream: no write to it can be recorded`)
    const { StreamDescription } = await this.#streams.send(new DescribeStreamCommand({ StreamArn }))
    const shards = StreamDescription?.Shards ?? []
    if (shards.length !== 1)
      throw new Error(`the stream has ${shards.length} shards: their order is not known`)
    const { ShardIterator } = await this.#streams.send(
      new GetShardIteratorCommand({
        StreamArn,
        ShardId: shards[0]?.ShardId,
        ...(this.#last === undefined
          ? { ShardIteratorType: 'TRIM_HORIZON' }
          : { ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: this.#last }),
      }),
    )
    return ShardIterator
  }

  #take({ dynamodb }: _Record): void {
    this.#last = dynamodb?.SequenceNumber
    const [before, after] = [itemOf(dynamodb?.OldImage), itemOf(dynamodb?.NewImage)]
    const { pk = '', sk = '' } = (after ?? before ?? {}) as { pk?: string; sk?: string }
    const at = dynamodb?.ApproximateCreationDateTime?.getTime() ?? 0
    const write: Write = { at, kind: 'write', pk, sk, before, after }
    this.writes.push(write)
    this.#quiet = 0
    this.#onWrite(write)
  }

  #pause(): Promise<void> {
    return pause(READ_EVERY_MS, undefined, { signal: this.#stopping.signal }).catch(() => undefined)
  }
}

function itemOf(image: Record<string, Streamed> | undefined): Item | undefined {
  return image === undefined ? undefined : unmarshall(image)
}
