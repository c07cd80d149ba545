import type { Json } from '../../model/json.ts'
import { UnreadableItem } from '../../model/errors.ts'
import type { ItemChange, Guard, Item } from './store.ts'

// DynamoDB's conditions and changes as pure functions. The memory store runs on them. A transaction does too: DynamoDB does
// not return the items after it, so the store computes them.

/** Does the condition hold? A missing item has no attributes; a comparison with a missing one fails, but for `not` and `lacks`. */
export function holds(guard: Guard, item: Item | undefined): boolean {
  if ('all' in guard) return guard.all.every((each) => holds(each, item))
  if ('any' in guard) return guard.any.some((each) => holds(each, item))
  const value = valueAt(guard.attr, item)
  if ('absent' in guard) return value === undefined
  if ('is' in guard) return value === guard.is
  if ('not' in guard) return value !== guard.not
  if ('in' in guard) return typeof value === 'string' && guard.in.includes(value)
  if ('has' in guard) return Array.isArray(value) && value.includes(guard.has)
  if ('lacks' in guard) return !(Array.isArray(value) && value.includes(guard.lacks))
  if ('shorter' in guard) return Array.isArray(value) && value.length < guard.shorter
  if ('reaches' in guard) return Array.isArray(value) && value.length >= guard.reaches
  if (typeof value !== 'number') return false
  if ('below' in guard) return value < guard.below
  if ('atMost' in guard) return value <= guard.atMost
  return value > guard.above
}

function valueAt(path: string, item: Item | undefined): Json | undefined {
  return path.split('.').reduce<Json | undefined>(
    (at, name) => {
      if (at === undefined || at === null || typeof at !== 'object' || Array.isArray(at)) return undefined
      return at[name]
    },
    item as Json | undefined,
  )
}

/** The item after the change. Parts of `before` may be shared with the answer. Throws `UnreadableItem`. */
export function applyChange(before: Item, change: ItemChange): Item {
  const after: { [attr: string]: Json } = { ...before, ...change.set }
  // A null is an attribute like any other: it is there, and is neither a number nor a list.
  for (const [attr, value] of Object.entries(change.once ?? {})) {
    if (before[attr] === undefined) after[attr] = value
  }
  for (const [attr, by] of Object.entries(change.add ?? {})) after[attr] = asNumber(before, attr) + by
  for (const [attr, values] of Object.entries(change.append ?? {})) {
    after[attr] = [...asList(before, attr), ...values]
  }
  for (const attr of change.remove ?? []) delete after[attr]
  return after
}

function asNumber(item: Item, attr: string): number {
  const { [attr]: value = 0 } = item
  if (typeof value === 'number') return value
  throw ofAnotherType(item, `${attr}: only a number is added to`)
}

function asList(item: Item, attr: string): Json[] {
  const { [attr]: value = [] } = item
  if (Array.isArray(value)) return value
  throw ofAnotherType(item, `${attr}: only a list is appended to`)
}

/** What DynamoDB, too, refuses without looking further: the item is damaged, and stays as it is. */
export function ofAnotherType({ pk, sk }: Item, reason: string): UnreadableItem {
  return new UnreadableItem({
    key: [pk, sk].map((part) => (typeof part === 'string' ? part : '?')).join('/'),
    reason,
  })
}
