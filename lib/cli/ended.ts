import type { ProcessView } from '../client/processes.ts'
import { TERMINAL_STATUSES, type Output, type Status } from '../model/record.ts'
import { EXIT, type ExitCode } from './exit.ts'

export function isEnded(status: Status): boolean {
  return TERMINAL_STATUSES.some((each) => each === status)
}

/** What a command that waited for an end exits with. */
export function exitOfOutput({ outcome }: Pick<Output, 'outcome'>): ExitCode {
  switch (outcome) {
    case 'success':
      return EXIT.ok
    case 'failure':
      return EXIT.endedFailed
    case 'cancelled':
      return EXIT.endedCancelled
    case 'abandoned':
      return EXIT.endedAbandoned
  }
}

/** An end in one line, but for the value of a success. */
export function shownOutput(output: Output | NonNullable<ProcessView['output']>): string {
  switch (output.outcome) {
    case 'success':
      return 'completed'
    case 'failure':
      return `failed: ${output.error.class} (${output.error.code}): ${output.error.message}`
    case 'cancelled':
      return `cancelled${output.reason === undefined ? '' : `: ${output.reason}`}`
    case 'abandoned':
      return `abandoned: ${output.evidence.because}, last owner ${output.evidence.lastOwner}`
  }
}
