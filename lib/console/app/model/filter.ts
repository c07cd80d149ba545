import type { Status } from '../../../model/record.ts'
import { statusFrom } from './status.ts'

// The filters of the list, as its address holds them.

export type ListFilter = {
  readonly kind?: string
  readonly scope?: string
  readonly status?: Status
  readonly from?: number
  readonly to?: number
}

export function filterOf(query: URLSearchParams): ListFilter {
  const status = statusFrom(query.get('status'))
  const from = momentIn(query.get('from'))
  const to = momentIn(query.get('to'))
  const kind = query.get('kind') ?? ''
  const scope = query.get('scope') ?? ''
  return {
    ...(kind === '' ? {} : { kind }),
    // The API lists by a kind or by a scope.
    ...(scope === '' || kind !== '' ? {} : { scope }),
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  }
}

export function filterQuery({ kind, scope, status, from, to }: ListFilter): string {
  const query = new URLSearchParams()
  if (kind !== undefined) query.set('kind', kind)
  if (scope !== undefined) query.set('scope', scope)
  if (status !== undefined) query.set('status', status)
  if (from !== undefined) query.set('from', inputMoment(from))
  if (to !== undefined) query.set('to', inputMoment(to))
  const text = query.toString()
  return text === '' ? '' : `?${text}`
}

/** A moment as `<input type="datetime-local">` holds it. */
export function inputMoment(at: number): string {
  const offsetMs = new Date(at).getTimezoneOffset() * 60_000
  return new Date(at - offsetMs).toISOString().slice(0, 16)
}

export function momentIn(text: string | null): number | undefined {
  if (text === null || text === '') return undefined
  const at = new Date(text).getTime()
  return Number.isFinite(at) && at >= 0 ? at : undefined
}
