import { invalid, type Refusal } from './refusal.ts'
import { isOfType, keyAttributes, type IndexSchema, type KeyAttribute, type TableSchema } from './schema.ts'
import { itemBytes, picked, type Attributes, type Value } from './values.ts'

/** "Partition key value: at most 2048 bytes. Sort key value: at most 1024 bytes." */
const PARTITION_MAX_BYTES = 2_048
const SORT_MAX_BYTES = 1_024

/** A request's `Key`, which has the table's key attributes and no other. */
export function checkKey({ keys }: TableSchema, key: Attributes): Attributes {
  const attributes = keyAttributes(keys)
  if (Object.keys(key).length !== attributes.length)
    throw invalid('The number of conditions on the keys is invalid')
  return checkKeyOf(attributes, key)
}

/** The key of an item. */
export function checkItemKey({ keys }: TableSchema, item: Attributes): Attributes {
  return checkKeyOf(keyAttributes(keys), item)
}

function checkKeyOf(attributes: readonly KeyAttribute[], item: Attributes): Attributes {
  if (attributes.some(({ name }) => item[name] === undefined))
    throw invalid('One of the required keys was not given a value')
  for (const attribute of attributes)
    if (!isOfType(item[attribute.name], attribute))
      throw invalid('One or more parameter values were invalid: Type mismatch for key')
  checkNoEmptyKey(attributes, item)
  attributes.forEach(({ name }, at) => {
    if (keyBytes(item[name]) > (at === 0 ? PARTITION_MAX_BYTES : SORT_MAX_BYTES))
      throw invalid(
        `Hash primary key values must be under ${PARTITION_MAX_BYTES} bytes, and range primary key values must be under ${SORT_MAX_BYTES} bytes`,
      )
  })
  return picked(
    item,
    attributes.map(({ name }) => name),
  )
}

/** Of a table's keys, or of an index's. */
export function checkNoEmptyKey(
  attributes: readonly KeyAttribute[],
  item: Attributes,
  indexName?: string,
): void {
  for (const { name } of attributes) {
    const kind = emptyKind(item[name])
    if (kind === undefined) continue
    throw invalid(
      indexName === undefined
        ? `One or more parameter values are not valid. The AttributeValue for a key attribute cannot contain an empty ${kind} value. Key: ${name}`
        : `One or more parameter values are not valid. A value specified for a secondary index key is not supported. The AttributeValue for a key attribute cannot contain an empty ${kind} value. IndexName: ${indexName}, IndexKey: ${name}`,
    )
  }
}

/** An item's attributes that are keys of an index have the index's types, and are neither empty nor too long. */
export function checkIndexKeys({ indexes }: TableSchema, item: Attributes): void {
  for (const index of indexes)
    for (const attribute of keyAttributes(index.keys)) {
      const value = item[attribute.name]
      if (value !== undefined && !isOfType(value, attribute))
        throw invalid('One or more parameter values were invalid: Type mismatch for Index Key')
    }
  for (const { name, keys } of indexes) checkNoEmptyKey(keyAttributes(keys), item, name)
  checkIndexKeySizes(indexes, item)
}

export function checkUpdatedIndexKeys({ indexes }: TableSchema, item: Attributes): void {
  const keys = indexes.flatMap((index) => keyAttributes(index.keys))
  const values = keys.flatMap(({ name }) => item[name] ?? [])
  // Key by key, as DynamoDB Local does: a type that no key may have, or an empty value. The type of another key comes last.
  for (const value of values) {
    if (!mayBeKey(value)) throw mismatched()
    const kind = emptyKind(value)
    if (kind !== undefined)
      throw invalid(
        `One or more parameter values are not valid. The update expression attempted to update a secondary index key to a value that is not supported. The AttributeValue for a key attribute cannot contain an empty ${kind} value.`,
      )
  }
  for (const attribute of keys) {
    const value = item[attribute.name]
    if (value !== undefined && !isOfType(value, attribute)) throw mismatched()
  }
  checkIndexKeySizes(indexes, item)
}

function mismatched(): Refusal {
  return invalid('One or more parameter values were invalid: Type mismatch for Index Key')
}

function mayBeKey(value: Value): boolean {
  return 'S' in value || 'N' in value || 'B' in value
}

function checkIndexKeySizes(indexes: readonly IndexSchema[], item: Attributes): void {
  for (const { keys } of indexes)
    keyAttributes(keys).forEach(({ name }, at) => {
      if (keyBytes(item[name]) > (at === 0 ? PARTITION_MAX_BYTES : SORT_MAX_BYTES))
        throw invalid('One or more parameter values were invalid: Size limit exceeded')
    })
}

function emptyKind(value: Value | undefined): 'string' | 'binary' | undefined {
  if (value === undefined) return undefined
  if ('S' in value && value.S === '') return 'string'
  return 'B' in value && value.B === '' ? 'binary' : undefined
}

function keyBytes(value: Value | undefined): number {
  return value === undefined ? 0 : itemBytes(Object.assign(picked({}, []), { '': value }))
}
