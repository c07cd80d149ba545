import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import type { Chance, Clock } from '../../model/clock.ts'
import { LeaseholdError, StoreUnavailable } from '../../model/errors.ts'
import { invariant } from '../../model/invariant.ts'
import {
  BATCH_GET_KEYS,
  RANGE_READS_MAX,
  STORE_RETRY_BASE_MS,
  STORE_RETRY_MAX_MS,
  STORE_TRIES,
} from '../../model/limits.ts'
import {
  indexParams,
  keysParams,
  putParams,
  rangeParams,
  toAttributes,
  transactItem,
  updateParams,
} from './expressions.ts'
import { damageOf, fromAttributes, readFailure, refusedTransaction, refusedWrite } from './refusals.ts'
import { TABLE } from '../table.ts'
import type { DynamoRequests } from './requests.ts'
import type {
  IndexQuery,
  Item,
  ItemStore,
  Key,
  KeysPage,
  KeysQuery,
  Range,
  TransactReply,
  Write,
  WriteReply,
} from './store.ts'

export type DynamoStoreConfig = {
  /**
   * Each sends a request once: this store retries by itself. Two mechanisms on top of each other would multiply
   * tries, and hide from the store that a reply was lost.
   */
  readonly requests: DynamoRequests
  readonly tableName: string
  readonly clock: Clock
  readonly chance: Chance
  /**
   * How long one operation may take, its tries together: none is made that would end later, if it takes as long as the one
   * before it. Default: `STORE_TRIES` is the only bound. A store that answers nothing takes the whole timeout of a request each time.
   */
  readonly patienceMs?: number
}

/** The store on DynamoDB, and the only place that waits for it. Throws `StoreUnavailable` after `STORE_TRIES`. */
export class DynamoStore implements ItemStore {
  private readonly config: DynamoStoreConfig

  constructor(config: DynamoStoreConfig) {
    this.config = config
  }

  async write(write: Write): Promise<WriteReply> {
    const { answer, unsure } = await this.retried(write.do, () => this.writeOnce(write))
    return !answer.applied && unsure ? { ...answer, unsure } : answer
  }

  async transact(writes: readonly Write[]): Promise<TransactReply> {
    const { requests, tableName, chance } = this.config
    const input = {
      TransactItems: writes.map((write) => transactItem(tableName, write)),
      // For ten minutes DynamoDB answers a repetition with the first one's success instead of applying it again.
      ClientRequestToken: chance.token(),
    }
    const { answer } = await this.retried('transaction', async (): Promise<TransactReply> => {
      try {
        await requests.send('TransactWriteItems', input)
        return { applied: true }
      } catch (error) {
        const refusal = refusedTransaction(error)
        if (refusal === undefined) throw damageOf(error, writes) ?? error
        return refusal
      }
    })
    return answer
  }

  async get(key: Key): Promise<Item | undefined> {
    const { requests, tableName } = this.config
    const input = { TableName: tableName, Key: toAttributes(key), ConsistentRead: true }
    const { answer } = await this.retried('get', () => requests.send('GetItem', input))
    return answer.Item === undefined ? undefined : fromAttributes(answer.Item)
  }

  async getMany(keys: readonly Key[]): Promise<readonly Item[]> {
    invariant(keys.length <= BATCH_GET_KEYS, 'a batch read has at most 100 keys', { keys: keys.length })
    const { requests, tableName } = this.config
    const found: Item[] = []
    let wanted: Record<string, AttributeValue>[] = keys.map(toAttributes)
    for (let tries = 1; wanted.length > 0 && tries <= STORE_TRIES; tries += 1) {
      if (tries > 1) await this.pause(tries)
      const input = { RequestItems: { [tableName]: { Keys: wanted } } }
      const { answer } = await this.retried('batch get', () => requests.send('BatchGetItem', input))
      for (const item of answer.Responses?.[tableName] ?? []) found.push(fromAttributes(item))
      wanted = answer.UnprocessedKeys?.[tableName]?.Keys ?? []
    }
    return found
  }

  async range({ atMost, ...range }: Range): Promise<readonly Item[]> {
    const params = rangeParams(this.config.tableName, range)
    const items: Item[] = []
    let after: Record<string, AttributeValue> | undefined
    for (let reads = 0; reads < RANGE_READS_MAX; reads += 1) {
      const page = await this.query({
        ...params,
        ...(after === undefined ? {} : { ExclusiveStartKey: after }),
        ...(atMost === undefined ? {} : { Limit: atMost - items.length }),
      })
      items.push(...page.items)
      after = page.after
      if (after === undefined || items.length === atMost) return items
    }
    const reason = `${range.pk} has more than ${RANGE_READS_MAX} MB`
    throw new StoreUnavailable({ operation: 'range', tries: RANGE_READS_MAX, reason }, undefined)
  }

  async keys(query: KeysQuery): Promise<KeysPage> {
    const { items, after } = await this.query(keysParams(this.config.tableName, query))
    const keys = items.map((item) => ({
      sk: sortKeyOf(item),
      expires: item[TABLE.ttlAttribute] !== undefined,
    }))
    return { keys, ...(after === undefined ? {} : { next: sortKeyOf(fromAttributes(after)) }) }
  }

  async index(query: IndexQuery): Promise<{ items: readonly Item[]; next?: Item }> {
    const { items, after } = await this.query(indexParams(this.config.tableName, query))
    return { items, ...(after === undefined ? {} : { next: fromAttributes(after) }) }
  }

  private async query(params: QueryCommandInput) {
    const { answer } = await this.retried('query', () => this.config.requests.send('Query', params))
    return {
      items: (answer.Items ?? []).map((item): Item => fromAttributes(item)),
      after: answer.LastEvaluatedKey,
    }
  }

  private async writeOnce(write: Write): Promise<WriteReply> {
    const { requests, tableName } = this.config
    const ReturnValuesOnConditionCheckFailure = 'ALL_OLD' as const
    try {
      switch (write.do) {
        case 'put':
          await requests.send('PutItem', {
            ...putParams(tableName, write),
            ReturnValuesOnConditionCheckFailure,
          })
          return { applied: true, item: write.item }
        case 'update': {
          const params = updateParams(tableName, write)
          const reply = await requests.send('UpdateItem', {
            ...params,
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure,
          })
          return { applied: true, item: fromAttributes(reply.Attributes ?? {}) }
        }
        case 'check':
          invariant(false, 'a check stands only in a transaction')
      }
    } catch (error) {
      const refusal = refusedWrite(error)
      if (refusal === undefined) throw damageOf(error, [write]) ?? error
      return refusal
    }
  }

  /** Sends until there is an answer. `unsure`: an earlier try got none, and may have been applied. */
  private async retried<T>(
    operation: string,
    send: () => Promise<T>,
  ): Promise<{ answer: T; unsure: boolean }> {
    let unsure = false
    const givenUpAt = this.elapsedMs() + (this.config.patienceMs ?? Number.POSITIVE_INFINITY)
    for (let tries = 1; ; tries += 1) {
      const sentAt = this.elapsedMs()
      try {
        return { answer: await send(), unsure }
      } catch (error) {
        // A bug of ours is no trouble of the store's.
        if (error instanceof LeaseholdError) throw error
        const trouble = readFailure(error)
        const now = this.elapsedMs()
        const tooLate = now + (now - sentAt) > givenUpAt
        if (!trouble.again || tries === STORE_TRIES || tooLate) {
          throw new StoreUnavailable({ operation, tries, reason: trouble.reason }, error)
        }
        unsure ||= trouble.maybeApplied
        await this.pause(tries)
      }
    }
  }

  private elapsedMs(): number {
    const { clock } = this.config
    return clock.elapsedMs?.() ?? clock.now()
  }

  /** Exponential backoff with full jitter: requests that collided are not sent again at the same moment. */
  private pause(tries: number): Promise<void> {
    const { clock, chance } = this.config
    const longestMs = Math.min(STORE_RETRY_MAX_MS, STORE_RETRY_BASE_MS * 2 ** (tries - 1))
    return new Promise((resolve) => void clock.after(chance.random() * longestMs, resolve))
  }
}

function sortKeyOf(item: Item): string {
  const sk = item[TABLE.sortKey.name]
  invariant(typeof sk === 'string', 'a stored item has its sort key')
  return sk
}
