import type { Item } from '../../../lib/registry/store/store.ts'
import { text } from './stored.ts'

// The checker's own reading of values that stand apart: in an item of the process, or in the bucket, as they are or coded.

/** The text of a value, by its reference. */
export function textBehind(id: string, ref: string, items: ReadonlyMap<string, Item>): string | undefined {
  if (ref.startsWith('c:')) return decoded(ref.slice(2))
  const isLarge = ref.startsWith('x:') || ref.startsWith('y:')
  const item = items.get(isLarge ? `BUCKET/${id}/${ref}` : `P#${id}/BLOB#${ref}`)
  const [plain, coded] = [text(item?.['j']), text(item?.['e'])]
  if (coded === undefined) return plain
  return ref.startsWith('x:') ? Buffer.from(coded, 'base64').toString('utf8') : decoded(coded)
}

/** As the codec of the worlds writes it: a mark, a number, and each byte masked with that number and another. */
function decoded(base64: string): string | undefined {
  const [mark, number = 0, ...bytes] = Buffer.from(base64, 'base64')
  return mark === 0xc5 ? Buffer.from(bytes.map((byte) => byte ^ number ^ 0x5a)).toString('utf8') : undefined
}
