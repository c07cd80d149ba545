// Addresses of the console, both ways.

export type Screen =
  | { readonly name: 'home' }
  | { readonly name: 'process'; readonly id: string; readonly part: ProcessPart }
  | { readonly name: 'kinds' }
  | { readonly name: 'kind'; readonly kind: string }
  | { readonly name: 'health' }
  | { readonly name: 'dlq' }
  | { readonly name: 'slots'; readonly key: string }
  | { readonly name: 'schedules' }
  | { readonly name: 'replay' }
  | { readonly name: 'nowhere'; readonly path: string }

export const PROCESS_PARTS = ['timeline', 'history', 'values', 'children', 'raw'] as const
export type ProcessPart = (typeof PROCESS_PARTS)[number]

export function screenOf(path: string, query: URLSearchParams): Screen {
  const [first = '', second = '', ...rest] = path.split('/').slice(1)
  if (rest.length > 0) return { name: 'nowhere', path }
  const named = decoded(second)
  if (named === undefined) return { name: 'nowhere', path }
  if (first === 'p' && named !== '') {
    const asked = query.get('part')
    return { name: 'process', id: named, part: PROCESS_PARTS.find((part) => part === asked) ?? 'timeline' }
  }
  if (first === 'kinds' && named !== '') return { name: 'kind', kind: named }
  if (first === 'slots') return { name: 'slots', key: named }
  if (named !== '') return { name: 'nowhere', path }
  if (first === '') return { name: 'home' }
  if (first === 'kinds') return { name: 'kinds' }
  if (first === 'health' || first === 'dlq' || first === 'schedules' || first === 'replay')
    return { name: first }
  return { name: 'nowhere', path }
}

export function processPath(id: string, part: ProcessPart = 'timeline'): string {
  return `/p/${encodeURIComponent(id)}${part === 'timeline' ? '' : `?part=${part}`}`
}

export function kindPath(kind: string): string {
  return `/kinds/${encodeURIComponent(kind)}`
}

export function slotPath(key: string): string {
  return `/slots/${encodeURIComponent(key)}`
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part)
  } catch {
    // A stray percent sign: no address of ours has one.
    return undefined
  }
}
