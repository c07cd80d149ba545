import type { ReplayVerdict } from '../../testing/replay-history.ts'
import type { DetailType, StatusEventDetail } from '../../status-events/event.ts'
import type { BuildIssue } from './programs.ts'

// What the dev loop says, a line each, without colours.

export function issueLines(issues: readonly BuildIssue[]): readonly string[] {
  return issues.map(({ at, text }) => (at === undefined ? text : `${at} ${text}`))
}

/** One line for a replayed process: `order-7 (order) diverges at effect 2: recorded step "a", asked step "b" at order.ts:7:3`. */
export function verdictLine(verdict: ReplayVerdict): string {
  const { id, kind } = verdict
  const of = `${id} (${kind})`
  switch (verdict.verdict) {
    case 'frontier':
      return verdict.ends ? `${of} reaches its frontier and ends there` : `${of} reaches its frontier`
    case 'same-end':
      return `${of} comes to the same end`
    case 'unusable':
      return `${of} cannot be replayed: ${verdict.because}`
    case 'diverges': {
      const at = verdict.at === undefined ? '' : ` at ${verdict.at}`
      return `${of} diverges at effect ${verdict.position}: recorded ${verdict.recorded}, asked ${verdict.asked}${at}`
    }
  }
}

/** What new code makes of open processes: a summary, and a line for each that could not continue. */
export function replayLines(verdicts: readonly ReplayVerdict[], more: boolean): readonly string[] {
  if (verdicts.length === 0) return []
  const stuck = verdicts.filter(({ verdict }) => verdict === 'diverges')
  const unusable = verdicts.filter(({ verdict }) => verdict === 'unusable')
  const counts = [
    `${verdicts.length - stuck.length - unusable.length} continue`,
    ...(stuck.length === 0 ? [] : [`${stuck.length} would be stuck`]),
    ...(unusable.length === 0 ? [] : [`${unusable.length} cannot be replayed`]),
  ]
  const of = `${verdicts.length} open ${verdicts.length === 1 ? 'process' : 'processes'}`
  return [
    `${of}${more ? ' of more' : ''}: ${counts.join(', ')}`,
    ...[...stuck, ...unusable].map((verdict) => verdictLine(verdict)),
  ]
}

/** A change of a process's status: `order-7 (order) completed after 1.2 s`. Undefined for a claim after a park, which is no news. */
export function statusWords(type: string, given: unknown): string | undefined {
  const detail = given as StatusEventDetail
  const of = `${detail.id} (${detail.kind})`
  switch (type as DetailType) {
    case 'Process Registered':
    case 'Process Resumed':
      return undefined
    case 'Process Started':
      return `${of} started`
    case 'Process Parked':
      return `${of} waits for ${detail.waitingFor?.on?.join(', ') ?? detail.waitingFor?.for ?? 'a worker'}`
    case 'Process Stuck':
      return `${of} is stuck: ${detail.error?.message ?? 'its code does not match its journal'}`
    case 'Process Completed':
      return `${of} completed${tookOf(detail)}`
    case 'Process Failed':
      return `${of} failed${tookOf(detail)}: ${detail.error?.class ?? 'Error'}: ${detail.error?.message ?? ''}`
    case 'Process Cancelled':
      return `${of} cancelled${tookOf(detail)}`
    case 'Process Abandoned':
      return `${of} abandoned${tookOf(detail)}`
  }
}

function tookOf({ createdAt, endedAt }: StatusEventDetail): string {
  return endedAt === undefined ? '' : ` after ${((endedAt - createdAt) / 1000).toFixed(1)} s`
}
