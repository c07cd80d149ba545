import type { DynamoDBRecord } from 'aws-lambda'
import { passes } from '../../../lib/status-events/filter.ts'
import { STATUS_EVENTS_SHAPE } from '../../../lib/status-events/shape.ts'
import type { Accepted } from './dynamo/table.ts'
import { mixed } from './random.ts'

/** More than one, so that processes are told side by side; each process is in one of them. */
const SHARDS = 2

/**
 * The stream of the table, as DynamoDB's guide describes it: each write that changed an item is one record. The records of
 * one item are in one shard, in the order of its writes. The mapping of the function lets the records through that its filters name.
 */
export class TableStream {
  readonly shards: readonly DynamoDBRecord[][] = Array.from({ length: SHARDS }, () => [])
  /** Called when a shard has a new record. */
  onRecord: () => void = () => {}
  #sequence = 0

  take(writes: readonly Accepted[], atMs: number): void {
    for (const write of writes) {
      const record = this.#recordOf(write, atMs)
      if (!passes(STATUS_EVENTS_SHAPE.filters, record)) continue
      this.shards[mixed(write.pk) % SHARDS]?.push(record)
      this.onRecord()
    }
  }

  #recordOf({ pk, sk, before, after }: Accepted, atMs: number): DynamoDBRecord {
    this.#sequence += 1
    return {
      eventName: before === undefined ? 'INSERT' : after === undefined ? 'REMOVE' : 'MODIFY',
      dynamodb: {
        Keys: { pk: { S: pk }, sk: { S: sk } },
        ...(before === undefined ? {} : { OldImage: before as Image }),
        ...(after === undefined ? {} : { NewImage: after as Image }),
        SequenceNumber: String(this.#sequence),
        // The stream tells time by the second.
        ApproximateCreationDateTime: Math.floor(atMs / 1_000),
      },
    }
  }
}

type Image = NonNullable<NonNullable<DynamoDBRecord['dynamodb']>['NewImage']>
