import { attributes, picked, type Attributes, type Value } from './values.ts'

export type KeyType = 'S' | 'N' | 'B'
export type KeyAttribute = { readonly name: string; readonly type: KeyType }
export type KeySchema = { readonly partition: KeyAttribute; readonly sort?: KeyAttribute }
export type IndexProjection =
  | { readonly type: 'ALL' | 'KEYS_ONLY' }
  | { readonly type: 'INCLUDE'; readonly names: readonly string[] }
export type IndexSchema = {
  readonly name: string
  readonly keys: KeySchema
  readonly projection: IndexProjection
}
export type StreamView = 'NEW_AND_OLD_IMAGES' | 'NEW_IMAGE' | 'OLD_IMAGE' | 'KEYS_ONLY'

/** All that a table is but its items; plain data, and stored as such. */
export type TableSchema = {
  readonly name: string
  readonly keys: KeySchema
  readonly attributes: readonly KeyAttribute[]
  readonly indexes: readonly IndexSchema[]
  readonly createdAt: number
  readonly stream?: { readonly view: StreamView; readonly label: string }
  readonly deletionProtected?: boolean
  readonly ttlAttribute?: string
}

export function keyAttributes({ partition, sort }: KeySchema): readonly KeyAttribute[] {
  return sort === undefined ? [partition] : [partition, sort]
}

export function keyNames(keys: KeySchema): readonly string[] {
  return keyAttributes(keys).map(({ name }) => name)
}

export function keyOf(schema: TableSchema, item: Attributes): Attributes {
  return picked(item, keyNames(schema.keys))
}

/** Whether a value may be the key that an attribute is. */
export function isOfType(value: Value | undefined, { type }: KeyAttribute): value is Value {
  return value !== undefined && type in value
}

/** The names that an index holds; undefined if it holds all. */
export function projectedNames(schema: TableSchema, index: IndexSchema): ReadonlySet<string> | undefined {
  if (index.projection.type === 'ALL') return undefined
  const more = index.projection.type === 'INCLUDE' ? index.projection.names : []
  return new Set([...keyNames(schema.keys), ...keyNames(index.keys), ...more])
}

/** Whether an item has both keys of an index. */
export function isIn({ keys }: IndexSchema, item: Attributes): boolean {
  return keyAttributes(keys).every((key) => isOfType(item[key.name], key))
}

/** What an index holds of an item; undefined if the item lacks a key of the index. */
export function entryOf(schema: TableSchema, index: IndexSchema, item: Attributes): Attributes | undefined {
  if (!isIn(index, item)) return undefined
  const names = projectedNames(schema, index)
  return names === undefined ? item : picked(item, names)
}

export function tableArn(name: string): string {
  return `arn:aws:dynamodb:ddblocal:000000000000:table/${name}`
}

export const NOTHING: Attributes = attributes()
