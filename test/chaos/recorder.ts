import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { DescribeTableCommand, paginateScan, type DynamoDBClient } from '@aws-sdk/client-dynamodb'
import {
  DescribeStreamCommand,
  DynamoDBStreamsClient,
  GetRecordsCommand,
  GetShardIteratorCommand,
  type _Record as StreamRecord,
} from '@aws-sdk/client-dynamodb-streams'
import { unmarshall } from '@aws-sdk/util-dynamodb'
import type { Item } from '../../lib/registry/store/store.ts'
import type { CodeFact, Fact, StoreFact } from '../simulation/history.ts'

export type WriteFact = StoreFact & { readonly at: number }
/** A line of a worker's file. */
export type Told = { readonly at: number; readonly by: string } & (
  | CodeFact
  | { readonly kind: 'born'; readonly pid: number }
)

/** Every accepted write of the table, in order, from its stream. Read at the end: the emulator keeps a day of it on disk. */
export async function readStream(
  dynamo: DynamoDBClient,
  streams: DynamoDBStreamsClient,
  tableName: string,
): Promise<readonly WriteFact[]> {
  const { Table } = await dynamo.send(new DescribeTableCommand({ TableName: tableName }))
  const StreamArn = Table?.LatestStreamArn
  const facts: WriteFact[] = []
  let last: string | undefined
  do {
    const { StreamDescription } = await streams.send(
      new DescribeStreamCommand({
        StreamArn,
        ...(last === undefined ? {} : { ExclusiveStartShardId: last }),
      }),
    )
    for (const { ShardId } of StreamDescription?.Shards ?? []) {
      const { ShardIterator } = await streams.send(
        new GetShardIteratorCommand({ StreamArn, ShardId, ShardIteratorType: 'TRIM_HORIZON' }),
      )
      let next = ShardIterator
      for (let empty = 0; next !== undefined && empty < 5;) {
        const page = await streams.send(new GetRecordsCommand({ ShardIterator: next, Limit: 1000 }))
        facts.push(...(page.Records ?? []).map(factOf))
        empty = (page.Records ?? []).length === 0 ? empty + 1 : 0
        next = page.NextShardIterator
        if (empty > 0) await pause(20)
      }
    }
    last = StreamDescription?.LastEvaluatedShardId
  } while (last !== undefined)
  return facts
}

function factOf({ dynamodb }: StreamRecord): WriteFact {
  const { Keys, OldImage, NewImage, ApproximateCreationDateTime } = dynamodb ?? {}
  const key = unmarshall((Keys ?? {}) as never)
  return {
    kind: 'write',
    at: ApproximateCreationDateTime?.getTime() ?? 0,
    pk: String(key['pk']),
    sk: String(key['sk']),
    before: OldImage === undefined ? undefined : (unmarshall(OldImage as never) as Item),
    after: NewImage === undefined ? undefined : (unmarshall(NewImage as never) as Item),
  }
}

export async function scan(client: DynamoDBClient, tableName: string): Promise<readonly Item[]> {
  const items: Item[] = []
  for await (const page of paginateScan({ client }, { TableName: tableName, ConsistentRead: true }))
    items.push(...(page.Items ?? []).map((item) => unmarshall(item) as Item))
  return items
}

/** What workers told of themselves. The last line of one that was killed may be cut off. */
export function readTold(dir: string): readonly Told[] {
  return readdirSync(dir)
    .filter((name) => name.endsWith('.jsonl'))
    .flatMap((name) => readFileSync(join(dir, name), 'utf8').split('\n'))
    .filter((line) => line.endsWith('}'))
    .map((line) => JSON.parse(line) as Told)
}

/**
 * One history of both. A stream's records have seconds for time, and owners know milliseconds: so what an owner told is put
 * right behind the claim under which it ran. That is early, and all a rule asks is what stood in the log at that claim.
 */
export function merged(
  writes: readonly WriteFact[],
  told: readonly Told[],
  outside: readonly Fact[],
): Fact[] {
  const facts: Fact[] = []
  const told_ = told.filter((each) => each.kind !== 'born').toSorted((a, b) => a.at - b.at)
  const byRun = new Map<string, (typeof told_)[number][]>()
  for (const each of told_) {
    const key = `${each.process}\n${each.by}`
    byRun.set(key, [...(byRun.get(key) ?? []), each])
  }
  const claims = claimsOf(writes)
  for (const [index, write] of writes.entries()) {
    facts.push(write)
    const claim = claims.get(index)
    if (claim === undefined) continue
    const mine = byRun.get(`${write.pk.slice(2)}\n${claim.owner}`) ?? []
    facts.push(...mine.filter(({ at }) => at >= claim.from && at < claim.until))
  }
  return [...facts, ...outside]
}

/** Claims by the index of their write: whose, and until when this owner claimed the process anew. */
function claimsOf(writes: readonly WriteFact[]) {
  const claims = new Map<number, { owner: string; from: number; until: number }>()
  const lastOf = new Map<string, { until: number }>()
  for (const [index, { pk, sk, before, after }] of writes.entries()) {
    if (sk !== 'PROCESS' || after?.['s'] !== 'running' || before?.['f'] === after['f']) continue
    const grant = after['gr'] as { o: string; c: number }
    const claim = { owner: grant.o, from: grant.c, until: Number.POSITIVE_INFINITY }
    const earlier = lastOf.get(`${pk}\n${grant.o}`)
    if (earlier !== undefined) earlier.until = grant.c
    lastOf.set(`${pk}\n${grant.o}`, claim)
    claims.set(index, claim)
  }
  return claims
}
