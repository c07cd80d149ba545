import type { Json } from '../../model/json.ts'
import { utf8Bytes } from '../../model/json.ts'
import type { Item } from './store.ts'

/** DynamoDB refuses larger items. */
export const ITEM_MAX_BYTES = 400 * 1024
/** A write is billed per this much of the item. */
export const WRITE_UNIT_BYTES = 1024

/**
 * An item's bytes by DynamoDB's published rules ("DynamoDB item sizes and formats", developer guide). Names and strings
 * count as UTF-8. A number has one byte for each two significant digits and one more; true, false and null have one. A list
 * or map has three bytes, and one more for each element.
 */
export function itemBytes(item: Item): number {
  return Object.entries(item).reduce((sum, [name, value]) => sum + utf8Bytes(name) + valueBytes(value), 0)
}

export function valueBytes(value: Json): number {
  if (value === null || typeof value === 'boolean') return 1
  if (typeof value === 'string') return utf8Bytes(value)
  if (typeof value === 'number') return numberBytes(value)
  if (Array.isArray(value)) return value.reduce<number>((sum, element) => sum + elementBytes(element), 3)
  return Object.entries(value).reduce(
    (sum, [name, element]) => sum + utf8Bytes(name) + elementBytes(element),
    3,
  )
}

/** What a value adds to the list it is put in. */
export function elementBytes(value: Json): number {
  return valueBytes(value) + 1
}

/** The pairs are counted from the decimal point, which the guide does not say: 12340 is 01 23 40, and takes three. */
function numberBytes(value: number): number {
  const [whole = '', fraction = ''] = String(Math.abs(value)).replace(/e.*$/, '').split('.')
  const pairs = `${'0'.repeat(whole.length % 2)}${whole}${fraction}${'0'.repeat(fraction.length % 2)}`
  const significant = pairs.replace(/^(00)+/, '').replace(/(00)+$/, '')
  return significant.length / 2 + 1 + (value < 0 ? 1 : 0)
}
