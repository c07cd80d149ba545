import type { LogEntry, Outcome } from '../model/log.ts'
import { payloadText } from './report.ts'
import type { Terminal } from './terminal.ts'

/** An entry of a log on one line. */
export function logLine(entry: LogEntry, { at, styled }: Pick<Terminal, 'at' | 'styled'>): string {
  return `${String(entry.seq).padStart(5)}  ${styled('dim', at(entry.at))}  ${saidOf(entry, styled)}`
}

function saidOf(entry: LogEntry, styled: Terminal['styled']): string {
  switch (entry.type) {
    case 'effect':
      // The outcome of a wait for a signal is the number of the entry that it took.
      return entry.effect === 'signal' && entry.outcome.ok
        ? `${entry.effect} ${entry.name} is taken`
        : `${entry.effect} ${entry.name}  ${outcomeText(entry.outcome, styled)}`
    case 'begin':
      return `${entry.effect} ${entry.name} begins`
    case 'attempt':
      return styled('yellow', `step ${entry.name} failed: ${entry.error.class}: ${entry.error.message}`)
    case 'signal':
      return `signal ${entry.name} (key ${entry.key})  ${payloadText(entry.payload)}`
    case 'reply':
      return `reply to the callback at ${entry.position}  ${outcomeText(entry.outcome, styled)}`
    case 'child':
      return `child ${entry.id} ${entry.status}`
    case 'resume':
      return `resumed${byText(entry.by)}`
    case 'takeover': {
      const step = entry.step === undefined ? '' : `, in step ${entry.step.name}`
      return styled('yellow', `taken over from ${entry.from} by ${entry.to}${step}`)
    }
    case 'cancel':
      return `asked to cancel${byText(entry.by)}${entry.reason === undefined ? '' : `: ${entry.reason}`}`
    case 'abandon':
      return `asked to abandon${byText(entry.by)}${entry.reason === undefined ? '' : `: ${entry.reason}`}`
    case 'end':
      return styled(entry.status === 'completed' ? 'green' : 'red', `ended ${entry.status}`)
  }
}

function outcomeText(outcome: Outcome, styled: Terminal['styled']): string {
  if (!outcome.ok) return styled('red', `${outcome.error.class}: ${outcome.error.message}`)
  return outcome.value === undefined ? '' : payloadText(outcome.value)
}

function byText(by: string | undefined): string {
  return by === undefined ? '' : ` by ${by}`
}
