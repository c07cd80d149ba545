import type { AttributeValue, QueryCommandInput } from '@aws-sdk/client-dynamodb'
import { TABLE } from '../../../../lib/registry/table.ts'
import type { Item } from '../../../../lib/registry/store/store.ts'
import { compareTexts, conditionOf, Refused, updateOf, type Attributes } from './expression.ts'

/** A row: its versions, oldest first, as far back as a request may still read them. */
type Row = {
  readonly pk: string
  readonly sk: string
  readonly versions: Version[]
  /** The transaction that holds it, between looking at its conditions and being applied. */
  heldBy: object | undefined
}
type Version = { readonly at: number; readonly shownAt: number; readonly item: Attributes | undefined }

export type Accepted = {
  readonly pk: string
  readonly sk: string
  readonly before: Attributes | undefined
  readonly after: Attributes | undefined
}
/** One write as it came over the wire: a put has an item, an update an expression, a check only a condition. */
export type Wanted = {
  readonly Item?: Attributes | undefined
  readonly Key?: Attributes | undefined
  readonly UpdateExpression?: string | undefined
  readonly ConditionExpression?: string | undefined
  readonly ExpressionAttributeNames?: Record<string, string> | undefined
  readonly ExpressionAttributeValues?: Attributes | undefined
}

/** "Maximum item size: 400 KB." */
const ITEM_MAX_BYTES = 400 * 1024
/** "A single Query operation can retrieve a maximum of 1 MB of data." */
const PAGE_MAX_BYTES = 1024 * 1024
/** No request reads a version older than this. */
const KEPT_MS = 15 * 60_000

/**
 * One table with its indexes, by DynamoDB's developer guide. A write of one item happens at one moment. A read that asks
 * for it sees the latest write, any other may see an older one. An index follows its table, each row's changes in their
 * order, some time later.
 */
export class SimulatedTable {
  readonly #rows = new Map<string, Row>()
  readonly #partitions = new Map<string, Row[]>()
  /** From this moment on every index shows what the table holds. */
  shownAt = 0

  row(pk: string, sk: string): Row {
    const name = `${pk}\u0000${sk}`
    const found = this.#rows.get(name)
    if (found !== undefined) return found
    const row: Row = { pk, sk, versions: [], heldBy: undefined }
    this.#rows.set(name, row)
    const partition = this.#partitions.get(pk)
    if (partition === undefined) this.#partitions.set(pk, [row])
    else partition.push(row)
    return row
  }

  rowOf(wanted: Wanted): Row {
    const key = wanted.Item ?? wanted.Key
    const [pk, sk] = [key?.['pk']?.S, key?.['sk']?.S]
    if (pk === undefined || sk === undefined)
      throw new Refused('The provided key element does not match the schema')
    return this.row(pk, sk)
  }

  /** What a write would make of its row; undefined where its condition does not hold. */
  judge(row: Row, wanted: Wanted): { after: Attributes | undefined } | undefined {
    const before = latest(row)
    const terms = {
      names: wanted.ExpressionAttributeNames ?? {},
      values: wanted.ExpressionAttributeValues ?? {},
    }
    const { ConditionExpression, UpdateExpression } = wanted
    if (ConditionExpression !== undefined && !conditionOf(ConditionExpression)(before, terms))
      return undefined
    const after =
      wanted.Item ??
      (UpdateExpression === undefined
        ? undefined
        : updateOf(UpdateExpression)(before ?? wanted.Key ?? {}, terms))
    if (after !== undefined && bytesOf(after) > ITEM_MAX_BYTES)
      throw new Refused('Item size has exceeded the maximum allowed size')
    return { after }
  }

  /** The row is this from `now` on; an index shows it from `shownAt` on, though never before what was written earlier. */
  put(row: Row, item: Attributes, now: number, shownAt: number): Accepted {
    const { versions, pk, sk } = row
    const last = versions.at(-1)
    const accepted = { pk, sk, before: last?.item, after: item }
    const shown = Math.max(shownAt, last?.shownAt ?? 0)
    this.shownAt = Math.max(this.shownAt, shown)
    versions.push({ at: now, shownAt: shown, item })
    while ((versions[1]?.shownAt ?? now) < now - KEPT_MS) versions.shift()
    return accepted
  }

  /** The item is gone from `now` on, and from each index at the same moment. */
  remove(row: Row, now: number): Accepted {
    const { versions, pk, sk } = row
    const before = latest(row)
    versions.push({ at: now, shownAt: Math.max(now, versions.at(-1)?.shownAt ?? 0), item: undefined })
    return { pk, sk, before, after: undefined }
  }

  /** Strongly consistent, or as it was at a moment. */
  read(key: Attributes, at?: number): Attributes | undefined {
    const row = this.#rows.get(`${key['pk']?.S}\u0000${key['sk']?.S}`)
    if (row === undefined) return undefined
    return at === undefined ? latest(row) : row.versions.findLast((version) => version.at <= at)?.item
  }

  /** One page. */
  query(
    input: QueryCommandInput,
    now: number,
    rowsMax: number,
  ): { Items: Attributes[]; LastEvaluatedKey?: Attributes } {
    const terms = {
      names: input.ExpressionAttributeNames ?? {},
      values: input.ExpressionAttributeValues ?? {},
    }
    const matches = conditionOf(input.KeyConditionExpression ?? '')
    const index = TABLE.indexes.find(({ name }) => name === input.IndexName)
    const keys = index === undefined ? ['pk', 'sk'] : [index.partitionKey.name, index.sortKey.name]
    const found = this.#shown(input, index !== undefined, now).filter(
      (item) => keys.every((key) => item[key] !== undefined) && matches(item, terms),
    )
    const sort = keys[1] ?? 'sk'
    const upwards = input.ScanIndexForward !== false
    const compare = (a: Attributes, b: Attributes): number => (upwards ? 1 : -1) * order(a, b, sort)
    const start = input.ExclusiveStartKey
    const rest = found.sort(compare).filter((item) => start === undefined || compare(item, start) > 0)
    const page = pageOf(rest, Math.min(input.Limit ?? Number.POSITIVE_INFINITY, rowsMax))
    const last = page.at(-1)
    const keyNames = new Set(['pk', 'sk', ...keys])
    const projected = index === undefined ? undefined : new Set([...keyNames, ...index.projects])
    const Items = projected === undefined ? page : page.map((item) => only(item, projected))
    // A page that is full says that there may be more, whether or not there is.
    const full = last !== undefined && (page.length < rest.length || page.length === input.Limit)
    return full ? { Items, LastEvaluatedKey: only(last, keyNames) } : { Items }
  }

  /** All rows as they stand, as plain data. */
  all(): Item[] {
    return [...this.#rows.values()].flatMap((row) => {
      const item = latest(row)
      return item === undefined ? [] : [plain(item)]
    })
  }

  /** When the soonest row is due, whatever an index shows. */
  soonestDue(): number | undefined {
    let soonest: number | undefined
    for (const row of this.#rows.values()) {
      const item = latest(row)
      if (item?.['d'] === undefined) continue
      const at = Number(item['da']?.N)
      if (soonest === undefined || at < soonest) soonest = at
    }
    return soonest
  }

  #shown(input: QueryCommandInput, byIndex: boolean, now: number): Attributes[] {
    if (!byIndex) {
      const pk = Object.values(input.ExpressionAttributeValues ?? {})[0]?.S ?? ''
      return (this.#partitions.get(pk) ?? []).map(latest).filter((item) => item !== undefined)
    }
    const items: Attributes[] = []
    for (const row of this.#rows.values()) {
      const shown = row.versions.findLast((version) => version.shownAt <= now)?.item
      if (shown !== undefined) items.push(shown)
    }
    return items
  }
}

export function latest(row: Row): Attributes | undefined {
  return row.versions.at(-1)?.item
}

export type { Row }

function order(a: Attributes, b: Attributes, sort: string): number {
  const [x, y] = [a[sort], b[sort]]
  const bySort = x?.N === undefined ? compareTexts(x?.S ?? '', y?.S ?? '') : Number(x.N) - Number(y?.N)
  if (bySort !== 0) return bySort
  const byPk = compareTexts(a['pk']?.S ?? '', b['pk']?.S ?? '')
  return byPk === 0 ? compareTexts(a['sk']?.S ?? '', b['sk']?.S ?? '') : byPk
}

function pageOf(items: readonly Attributes[], rowsMax: number): Attributes[] {
  const page: Attributes[] = []
  let bytes = 0
  for (const item of items) {
    if (page.length >= rowsMax || bytes > PAGE_MAX_BYTES) break
    page.push(item)
    bytes += bytesOf(item)
  }
  return page
}

function only(item: Attributes, names: ReadonlySet<string>): Attributes {
  return Object.fromEntries(Object.entries(item).filter(([name]) => names.has(name)))
}

const sizes = new WeakMap<Attributes, number>()

/** "DynamoDB item sizes and formats": names and texts by their bytes, numbers by their digits, collections with a few more. */
function bytesOf(item: Attributes): number {
  const known = sizes.get(item)
  if (known !== undefined) return known
  let bytes = 0
  for (const name in item) bytes += Buffer.byteLength(name) + valueBytes(item[name])
  sizes.set(item, bytes)
  return bytes
}

function valueBytes(value: AttributeValue | undefined): number {
  if (value?.S !== undefined) return Buffer.byteLength(value.S)
  if (value?.N !== undefined) return Math.ceil(value.N.length / 2) + 1
  if (value?.L !== undefined) return value.L.reduce((sum, each) => sum + valueBytes(each) + 1, 3)
  if (value?.M !== undefined) {
    let bytes = 3
    for (const name in value.M) bytes += Buffer.byteLength(name) + valueBytes(value.M[name]) + 1
    return bytes
  }
  return 1
}

const plains = new WeakMap<Attributes, Item>()

/** The item as plain data: the same object for the same version. */
export function plain(item: Attributes): Item {
  const known = plains.get(item)
  if (known !== undefined) return known
  const made = plainMap(item)
  plains.set(item, made)
  return made
}

function plainMap(item: Attributes): { [name: string]: Item[string] } {
  const made: { [name: string]: Item[string] } = {}
  for (const name in item) made[name] = plainValue(item[name])
  return made
}

function plainValue(value: AttributeValue | undefined): Item[string] {
  if (value?.S !== undefined) return value.S
  if (value?.N !== undefined) return Number(value.N)
  if (value?.BOOL !== undefined) return value.BOOL
  if (value?.L !== undefined) return value.L.map(plainValue)
  if (value?.M !== undefined) return plainMap(value.M)
  return null
}
