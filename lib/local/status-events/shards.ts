import {
  DescribeStreamCommand,
  GetRecordsCommand,
  GetShardIteratorCommand,
  TrimmedDataAccessException,
  type DynamoDBStreamsClient,
  type Shard,
} from '@aws-sdk/client-dynamodb-streams'
import type { _Record } from '@aws-sdk/client-dynamodb-streams'

/** Records of one shard, in order, and whether the shard is closed and read to its end. */
export type ShardBatch = { readonly records: readonly _Record[]; readonly closed: boolean }

/** One shard, read from its oldest record on. Nothing moves it on but `done`. */
export class ShardReader {
  readonly #streams: DynamoDBStreamsClient
  readonly #where: { readonly streamArn: string; readonly shardId: string }
  #after: string | undefined
  #iterator: string | undefined

  constructor(streams: DynamoDBStreamsClient, where: { streamArn: string; shardId: string }) {
    this.#streams = streams
    this.#where = where
  }

  /** The next records, none where there are none yet. Read again before `done`, it answers the same and perhaps more. */
  async read(limit: number, signal: AbortSignal): Promise<ShardBatch> {
    const iterator = this.#iterator ?? (await this.#iteratorAt(signal))
    // An iterator lives for a quarter of an hour: where a read fails, the next begins with a new one.
    this.#iterator = undefined
    const command = new GetRecordsCommand({ ShardIterator: iterator, Limit: limit })
    const { Records: records = [], NextShardIterator: next } = await this.#streams.send(command, {
      abortSignal: signal,
    })
    // Past an empty read there is nothing to read again; else the place stays until the records are served.
    this.#iterator = records.length === 0 ? next : iterator
    return { records, closed: next === undefined && records.length === 0 }
  }

  /** Everything up to this record has been served. */
  done(sequenceNumber: string): void {
    this.#after = sequenceNumber
    this.#iterator = undefined
  }

  async #iteratorAt(signal: AbortSignal): Promise<string | undefined> {
    const { streamArn: StreamArn, shardId: ShardId } = this.#where
    const from =
      this.#after === undefined
        ? ({ ShardIteratorType: 'TRIM_HORIZON' } as const)
        : ({ ShardIteratorType: 'AFTER_SEQUENCE_NUMBER', SequenceNumber: this.#after } as const)
    try {
      const command = new GetShardIteratorCommand({ StreamArn, ShardId, ...from })
      return (await this.#streams.send(command, { abortSignal: signal })).ShardIterator
    } catch (error) {
      if (!(error instanceof TrimmedDataAccessException)) throw error
      // Older than a day: what is left begins later.
      this.#after = undefined
      return this.#iteratorAt(signal)
    }
  }
}

/** All shards of a stream that still have records. */
export async function shardsOf(
  streams: DynamoDBStreamsClient,
  streamArn: string,
  signal: AbortSignal,
): Promise<readonly Shard[]> {
  const shards: Shard[] = []
  let after: string | undefined
  do {
    const command = new DescribeStreamCommand({ StreamArn: streamArn, ExclusiveStartShardId: after })
    const { StreamDescription } = await streams.send(command, { abortSignal: signal })
    shards.push(...(StreamDescription?.Shards ?? []))
    after = StreamDescription?.LastEvaluatedShardId
  } while (after !== undefined)
  return shards
}
