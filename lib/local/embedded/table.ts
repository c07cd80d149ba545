import { invalid } from './refusal.ts'
import { comparePlaces, placeOf, type ItemPlace } from './places.ts'
import { Rows } from './rows.ts'
import { isIn, keyAttributes, type IndexSchema, type TableSchema } from './schema.ts'
import { itemBytes, type Attributes } from './values.ts'

/** Sizes of items that are stored: an item that is stored never changes. */
const sizes = new WeakMap<Attributes, number>()

/** A table in memory: its rows, and each index's. */
export class Table {
  #schema: TableSchema
  readonly rows = new Rows()
  readonly #indexes: ReadonlyMap<string, Rows>
  #bytes = 0
  /** No item expires before this second. The past, until a sweep has looked. */
  expiresFromS = Number.NEGATIVE_INFINITY

  constructor(schema: TableSchema) {
    this.#schema = schema
    this.#indexes = new Map(schema.indexes.map(({ name }) => [name, new Rows()]))
  }

  get schema(): TableSchema {
    return this.#schema
  }

  /** The attribute of expiry may be another one now. */
  set schema(schema: TableSchema) {
    this.#schema = schema
    this.expiresFromS = Number.NEGATIVE_INFINITY
  }

  get bytes(): number {
    return this.#bytes
  }

  index(name: string): { readonly schema: IndexSchema; readonly rows: Rows } {
    const schema = this.schema.indexes.find((each) => each.name === name)
    const rows = this.#indexes.get(name)
    if (schema === undefined || rows === undefined)
      throw invalid(`The table does not have the specified index: ${name}`)
    return { schema, rows }
  }

  get(key: Attributes): Attributes | undefined {
    return this.rows.get(this.place(key))
  }

  /** From now on the row of this key is this item, or gone. */
  set(key: Attributes, after: Attributes | undefined): void {
    const place = this.place(key)
    const before = this.rows.get(place)
    const [old, current] = [before, after].map((item) =>
      item === undefined ? [] : this.#entries(item, place),
    )
    if (before !== undefined) this.#bytes -= sizeOf(before)
    // An entry that stays where it is only gets its new item.
    const stays = (rows: Rows, at: ItemPlace): boolean =>
      current?.some(([others, to]) => others === rows && comparePlaces(at, to) === 0) === true
    for (const [rows, at] of old ?? []) if (!stays(rows, at)) rows.delete(at)
    if (after === undefined) {
      this.rows.delete(place)
      return
    }
    this.#bytes += sizeOf(after)
    this.expiresFromS = Math.min(this.expiresFromS, this.expiryOf(after) ?? Number.POSITIVE_INFINITY)
    this.rows.put(place, after)
    for (const [rows, at] of current ?? []) rows.put(at, after)
  }

  /** In seconds; undefined for an item that does not expire. */
  expiryOf(item: Attributes): number | undefined {
    const { ttlAttribute } = this.#schema
    const value = ttlAttribute === undefined ? undefined : item[ttlAttribute]
    return value !== undefined && 'N' in value ? Number(value.N) : undefined
  }

  place(item: Attributes): ItemPlace {
    const [partition, sort] = keyAttributes(this.schema.keys)
    return placeOf(valueOf(item, partition?.name), sort === undefined ? undefined : valueOf(item, sort.name))
  }

  indexPlace({ keys }: IndexSchema, item: Attributes, place = this.place(item)): ItemPlace {
    const sort = keys.sort === undefined ? undefined : valueOf(item, keys.sort.name)
    return placeOf(valueOf(item, keys.partition.name), sort, place)
  }

  #entries(item: Attributes, place: ItemPlace): readonly (readonly [Rows, ItemPlace])[] {
    return this.schema.indexes.flatMap((index) => {
      const rows = this.#indexes.get(index.name)
      if (rows === undefined || !isIn(index, item)) return []
      return [[rows, this.indexPlace(index, item, place)] as const]
    })
  }
}

function valueOf(item: Attributes, name: string | undefined) {
  const value = name === undefined ? undefined : item[name]
  if (value === undefined) throw invalid('One of the required keys was not given a value')
  return value
}

function sizeOf(item: Attributes): number {
  const known = sizes.get(item)
  if (known !== undefined) return known
  const bytes = itemBytes(item)
  sizes.set(item, bytes)
  return bytes
}
