import type { Status } from '../../../model/record.ts'

/** A status by word. The page shows it by colour and shape too. */
export const STATUS_WORDS = {
  pending: 'Pending',
  running: 'Running',
  waiting: 'Waiting',
  stuck: 'Stuck',
  completed: 'Completed',
  failed: 'Failed',
  cancelled: 'Cancelled',
  abandoned: 'Abandoned',
} as const satisfies Record<Status, string>

export const ALL_STATUSES = Object.keys(STATUS_WORDS) as readonly Status[]

export function isEndedStatus(status: Status): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled' || status === 'abandoned'
}

export function statusFrom(text: string | null): Status | undefined {
  return ALL_STATUSES.find((status) => status === text)
}

export type Action = 'signal' | 'answer' | 'resume' | 'cancel' | 'abandon' | 'retry'

/** What an operator can do with a process, the likeliest first. */
export function actionsFor(
  status: Status,
  { recovery, waitsForSignal }: { readonly recovery: string; readonly waitsForSignal: boolean },
): readonly Action[] {
  if (isEndedStatus(status)) return ['retry']
  if (recovery === 'external') return ['cancel', 'abandon']
  if (status === 'stuck') return ['resume', 'cancel', 'abandon', 'signal']
  return waitsForSignal ? ['signal', 'cancel', 'abandon'] : ['cancel', 'signal', 'abandon']
}
