import { checkTableName } from './create-table.ts'
import { streamName, type Database } from './database.ts'
import { invalid, Refusal } from './refusal.ts'
import type { RequestBody } from './request.ts'
import { tableArn, type TableSchema } from './schema.ts'
import { sequenceText } from './stream-record.ts'
import { keySchema } from './table-operations.ts'

/** "GetRecords returns up to 1000 records, ListStreams and DescribeStream up to 100." */
const RECORDS_MAX = 1_000
const LIST_MAX = 100
/** "A sequence number has from 21 characters." */
const SEQUENCE_CHARS = 21
/** A stream has one shard, which stays open: the store needs no more. */
const SHARD_SUFFIX = 'embedded'

type Stream = {
  readonly schema: TableSchema
  readonly label: string
  readonly arn: string
  readonly shardId: string
}
type Position = { readonly arn: string; readonly sequence: number }

export function listStreams(db: Database, body: RequestBody): object {
  const tableName = body.text('TableName')
  if (tableName !== undefined) checkTableName(tableName)
  const limit = Math.min(body.whole('Limit') ?? LIST_MAX, LIST_MAX)
  const start = body.text('ExclusiveStartStreamArn')
  const streams = streamsOf(db)
    .filter(({ schema }) => tableName === undefined || schema.name === tableName)
    .toSorted((a, b) => (a.arn < b.arn ? -1 : 1))
    .filter(({ arn }) => start === undefined || arn > start)
  const page = streams.slice(0, limit)
  return {
    Streams: page.map(({ arn, label, schema }) => ({
      StreamArn: arn,
      TableName: schema.name,
      StreamLabel: label,
    })),
    ...(page.length < streams.length && { LastEvaluatedStreamArn: page.at(-1)?.arn }),
  }
}

export function describeStream(db: Database, body: RequestBody): object {
  const stream = streamAt(db, body.text('StreamArn'))
  const { schema, label, arn, shardId } = stream
  const shard = {
    ShardId: shardId,
    SequenceNumberRange: { StartingSequenceNumber: sequenceText(oldest(db, stream)) },
  }
  return {
    StreamDescription: {
      StreamArn: arn,
      StreamLabel: label,
      StreamStatus: 'ENABLED',
      StreamViewType: schema.stream?.view,
      CreationRequestDateTime: schema.createdAt / 1_000,
      TableName: schema.name,
      KeySchema: keySchema(schema.keys),
      Shards: body.text('ExclusiveStartShardId') === shardId ? [] : [shard],
    },
  }
}

export function getShardIterator(db: Database, body: RequestBody): object {
  const stream = streamAt(db, body.text('StreamArn'))
  if (body.text('ShardId') !== stream.shardId)
    throw new Refusal('ResourceNotFoundException', 'Shard does not exist')
  return { ShardIterator: encoded({ arn: stream.arn, sequence: startOf(db, stream, body) }) }
}

export function getRecords(db: Database, body: RequestBody): object {
  const position = decoded(body.text('ShardIterator'))
  const limit = body.whole('Limit') ?? RECORDS_MAX
  if (limit < 1)
    throw invalid(
      `1 validation error detected: Value '${limit}' at 'limit' failed to satisfy constraint: Member must have value greater than or equal to 1`,
    )
  if (limit > RECORDS_MAX)
    throw invalid('One or more parameter values were invalid: Limit should be less than or equal to 1000')
  const stream = streamAt(db, position.arn)
  const entries = entriesOf(db, stream)
  const from = entries.findIndex(({ sequence }) => sequence >= position.sequence)
  const page = from === -1 ? [] : entries.slice(from, from + limit)
  const next = (page.at(-1)?.sequence ?? position.sequence - 1) + 1
  return {
    Records: page.map(({ record }) => record),
    NextShardIterator: encoded({ arn: stream.arn, sequence: next }),
  }
}

/** The sequence number from which an iterator reads. */
function startOf(db: Database, stream: Stream, body: RequestBody): number {
  const type = body.text('ShardIteratorType')
  if (type === 'TRIM_HORIZON') return oldest(db, stream)
  if (type === 'LATEST') return db.lastSequence + 1
  if (type !== 'AT_SEQUENCE_NUMBER' && type !== 'AFTER_SEQUENCE_NUMBER')
    throw invalid('Invalid ShardIteratorType.')
  const text = body.text('SequenceNumber')
  if (text === undefined) throw invalid('One or more parameter values were invalid: Invalid SequenceNumber')
  if (text.length < SEQUENCE_CHARS)
    throw invalid(
      `1 validation error detected: Value '${text}' at 'sequenceNumber' failed to satisfy constraint: Member must have length greater than or equal to ${SEQUENCE_CHARS}`,
    )
  if (!/^\d+$/.test(text)) throw invalid('One or more parameter values were invalid: Invalid SequenceNumber')
  const sequence = Number(text)
  if (sequence < oldest(db, stream))
    throw new Refusal(
      'TrimmedDataAccessException',
      'The operation attempted to read past the oldest stream record in a shard.',
    )
  return type === 'AT_SEQUENCE_NUMBER' ? sequence : sequence + 1
}

function oldest(db: Database, stream: Stream): number {
  return entriesOf(db, stream)[0]?.sequence ?? db.lastSequence + 1
}

function entriesOf(db: Database, { schema, label }: Stream) {
  return db.streamEntries(streamName(schema.name, label))
}

function streamAt(db: Database, arn: string | undefined): Stream {
  const stream = streamsOf(db).find((each) => each.arn === arn)
  if (stream === undefined)
    throw new Refusal(
      'ResourceNotFoundException',
      `Requested resource not found: Stream: ${arn ?? ''} not found`,
    )
  return stream
}

function streamsOf(db: Database): readonly Stream[] {
  return [...db.tables.values()].flatMap(({ schema }) => {
    if (schema.stream === undefined) return []
    const { label } = schema.stream
    const shardId = `shardId-${String(schema.createdAt).padStart(20, '0')}-${SHARD_SUFFIX}`
    return [{ schema, label, arn: `${tableArn(schema.name)}/stream/${label}`, shardId }]
  })
}

function encoded(position: Position): string {
  return Buffer.from(JSON.stringify(position)).toString('base64url')
}

function decoded(iterator: string | undefined): Position {
  try {
    const { arn, sequence } = JSON.parse(Buffer.from(iterator ?? '', 'base64url').toString()) as Position
    if (typeof arn === 'string' && Number.isSafeInteger(sequence)) return { arn, sequence }
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  throw invalid('Invalid ShardIterator')
}
