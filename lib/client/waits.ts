import { UnknownProcess } from '../model/errors.ts'
import type { ProcessId } from '../model/ids.ts'
import { datedBefore, hasMoreWaits, openWaits, type OpenWait } from '../model/open-waits.ts'
import type { Status } from '../model/record.ts'
import type { ProcessRegistry } from '../registry/port.ts'

/** Who ends a wait. `token`: the system that was given the token of the callback, or of the external process. */
export const ANSWERERS = ['signal', 'token', 'child', 'time', 'slot', 'worker', 'deploy', 'resume'] as const

/** How a wait is answered. `request`: what to send, or what to look at; absent if no request helps. */
export type WaitAnswer = { readonly by: (typeof ANSWERERS)[number]; readonly request?: string }
export type { OpenWait } from '../model/open-waits.ts'
export type WaitView = OpenWait & { readonly answer: WaitAnswer }

/** What a process waits for. `more`: it may have further waits, which its row does not name. */
export type WaitsView = {
  readonly id: string
  readonly status: Status
  readonly waits: readonly WaitView[]
  readonly more?: true
}

/** One read of the row, and one of its log if the row does not tell since when it waits. Throws `UnknownProcess`. */
export async function waitsOf(registry: ProcessRegistry, id: ProcessId): Promise<WaitsView> {
  const record = await registry.get(id)
  if (record === undefined) throw new UnknownProcess({ id })
  const before = datedBefore(record)
  const log = before === 0 ? [] : await registry.eventsAfter(id, 0, before)
  const waits = openWaits(record, log).map((wait) => ({ ...wait, answer: answerOf(id, wait) }))
  return { id, status: record.status, waits, ...(hasMoreWaits(record) ? { more: true } : {}) }
}

function answerOf(id: ProcessId, { for: kind, name = '' }: OpenWait): WaitAnswer {
  const process = `/v1/processes/${id}`
  switch (kind) {
    case 'signal':
      return { by: 'signal', request: `POST ${process}/signals` }
    case 'callback':
      return { by: 'token', request: 'POST /v1/callbacks/complete' }
    case 'external':
      return { by: 'token', request: `POST ${process}/complete` }
    case 'child':
      return { by: 'child', request: `GET /v1/processes/${name}/waits` }
    case 'slot':
      return { by: 'slot', request: `GET /v1/slots?key=${encodeURIComponent(name)}` }
    case 'resume':
      return { by: 'resume', request: `POST ${process}/resume` }
    case 'timer':
    case 'retry':
      return { by: 'time' }
    case 'worker':
      return { by: 'worker' }
    case 'undeployed':
      return { by: 'deploy' }
  }
}
