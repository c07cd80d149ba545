import type { Json } from '../../../lib/model/json.ts'

/** What a value may be. Where a race decides there are several; what was drawn by chance only has to be of its kind. */
export type Pattern =
  | { readonly is: Json }
  | { readonly oneOf: readonly Pattern[] }
  | { readonly list: readonly Pattern[] }
  /** What some signal of this name said, and no other wait of the process was given. */
  | { readonly signal: string; readonly process: string; readonly payloads: readonly string[] }
  | { readonly drawn: 'now' | 'random' | 'uuid' }

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

/** Where and why a value does not fit; undefined where it does. */
export function misfit(
  pattern: Pattern,
  value: unknown,
  taken = new Set<string>(),
  path = '',
): string | undefined {
  const instead = (expected: string): string =>
    `expected ${expected} at ${path === '' ? 'the top' : path}, got ${brief(value)}`
  if ('is' in pattern) return same(pattern.is, value) ? undefined : instead(brief(pattern.is))
  if ('list' in pattern) {
    const { list } = pattern
    if (!Array.isArray(value) || value.length !== list.length) return instead(`a list of ${list.length}`)
    for (const [index, each] of list.entries()) {
      const why = misfit(each, value[index], taken, `${path}/${index}`)
      if (why !== undefined) return why
    }
    return undefined
  }
  if ('oneOf' in pattern) {
    const whys = pattern.oneOf.map((each) => misfit(each, value, taken, path))
    return whys.includes(undefined) ? undefined : whys.join(', or ')
  }
  if ('drawn' in pattern) return drawnRight(pattern.drawn, value) ? undefined : instead(`a ${pattern.drawn}`)
  const { signal, process, payloads } = pattern
  if (typeof value !== 'string' || !payloads.includes(value)) return instead(`one of the signals ${signal}`)
  const key = `${process}\n${value}`
  if (taken.has(key)) return instead(`a signal ${signal} that no other wait was given`)
  taken.add(key)
  return undefined
}

/** What was drawn, and what a step kept of it: a re-run that draws anew shows here. */
function drawnRight(drawn: 'now' | 'random' | 'uuid', value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 2) return false
  const [first, kept]: unknown[] = value
  if (first !== kept) return false
  if (drawn === 'uuid') return typeof first === 'string' && UUID.test(first)
  return typeof first === 'number' && first >= 0 && (drawn === 'now' || first < 1)
}

function same(a: Json, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b)
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing'
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}
