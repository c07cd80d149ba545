import { invalid } from './refusal.ts'
import { placeOf, type Place } from './places.ts'
import { Rows } from './rows.ts'
import { entryOf, keyAttributes, type IndexSchema, type TableSchema } from './schema.ts'
import { itemBytes, type Attributes } from './values.ts'

/** A table in memory: its rows, and each index's. */
export class Table {
  schema: TableSchema
  readonly rows = new Rows()
  readonly #indexes: ReadonlyMap<string, Rows>
  #bytes = 0

  constructor(schema: TableSchema) {
    this.schema = schema
    this.#indexes = new Map(schema.indexes.map(({ name }) => [name, new Rows()]))
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
    if (before !== undefined) {
      this.#bytes -= itemBytes(before)
      for (const [rows, at] of this.#entries(before, place)) rows.delete(at)
    }
    if (after === undefined) {
      this.rows.delete(place)
      return
    }
    this.#bytes += itemBytes(after)
    this.rows.put(place, after)
    for (const [rows, at] of this.#entries(after, place)) rows.put(at, after)
  }

  place(item: Attributes): Place {
    const [partition, sort] = keyAttributes(this.schema.keys)
    return placeOf(valueOf(item, partition?.name), sort === undefined ? undefined : valueOf(item, sort.name))
  }

  indexPlace({ keys }: IndexSchema, item: Attributes): Place {
    const sort = keys.sort === undefined ? undefined : valueOf(item, keys.sort.name)
    return placeOf(valueOf(item, keys.partition.name), sort, this.place(item))
  }

  #entries(item: Attributes, place: Place): readonly (readonly [Rows, Place])[] {
    return this.schema.indexes.flatMap((index) => {
      const rows = this.#indexes.get(index.name)
      if (rows === undefined || entryOf(this.schema, index, item) === undefined) return []
      return [[rows, { ...this.indexPlace(index, item), item: place }] as const]
    })
  }
}

function valueOf(item: Attributes, name: string | undefined) {
  const value = name === undefined ? undefined : item[name]
  if (value === undefined) throw invalid('One of the required keys was not given a value')
  return value
}
