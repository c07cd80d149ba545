import { styleText } from 'node:util'
import { countText } from '../../model/count-text.ts'
import type { LocalEvent } from '../../local/events.ts'

type PrintStyle = Parameters<typeof styleText>[0]

/** Colours only where they are seen: `styleText` looks at the stream, NO_COLOR and FORCE_COLOR. */
export function styled(style: PrintStyle, text: string): string {
  return styleText(style, text, { stream: process.stdout })
}

export function say(text: string): void {
  process.stdout.write(`${text}\n`)
}

/** `reload   …`: a line that is about neither a function nor its process id. */
export function aboutLine(about: string, text: string): string {
  return `${styled('dim', about.padEnd(8))} ${text}`
}

/** One line for a person, or nothing where an event is only noise. */
export function lineOf(event: LocalEvent): string | undefined {
  switch (event.type) {
    case 'environment-started':
      return event.function === 'worker' ? who(event, 'green', 'started') : undefined
    case 'environment-ended':
      return ended(event)
    case 'invoked':
      // The handler logs a success; the end of the environment reports a crash and a timeout.
      return event.outcome === 'failed'
        ? who(event, 'red', `failed after ${event.tookMs} ms: ${event.error?.message ?? 'no reason given'}`)
        : undefined
    case 'log':
      return logLine(event)
    case 'batch':
      return event.failed.length === 0
        ? undefined
        : `queue    ${event.failed.length} of ${countText(event.received.length, 'message')} failed; the queue delivers them again`
    case 'queue-trouble':
      return styled('yellow', `queue    could not ${event.doing}: ${event.error}`)
    case 'stream-batch':
      return event.failed.length === 0
        ? undefined
        : `stream   ${event.failed.length} of ${countText(event.received.length, 'record')} failed; the stream delivers them again`
    case 'outcome':
      return outcomeLine(event.event)
    case 'emulator-ended':
      return styled('red', `${event.emulator} is gone`)
  }
}

/** The event as a consumer gets it: what happened for the eye, the rest as JSON. */
function outcomeLine({ 'detail-type': type, detail }: LocalEventOf<'outcome'>['event']): string {
  return `${styled('dim', 'event   ')} ${styled('cyan', type)}  ${JSON.stringify(detail)}`
}

type LocalEventOf<T extends LocalEvent['type']> = Extract<LocalEvent, { type: T }>

type FromProcess = { readonly function: string; readonly pid: number }

function who({ function: name, pid }: FromProcess, style: PrintStyle, text: string): string {
  return `${styled('dim', `${name.padEnd(8)} ${pid}`)}  ${styled(style, text)}`
}

function ended(event: Extract<LocalEvent, { type: 'environment-ended' }>): string | undefined {
  switch (event.because) {
    case 'stopped':
    case 'replaced':
      return undefined
    case 'timed-out':
      return who(event, 'yellow', 'killed at its timeout; the next message starts another')
    case 'crashed':
      return who(event, 'yellow', `ended (${event.how}); another takes over what it held`)
  }
}

/** Handlers log JSON lines, as they do deployed: shown as level, message and facts. Metrics are for CloudWatch only. */
function logLine(event: Extract<LocalEvent, { type: 'log' }>): string | undefined {
  const facts = jsonObject(event.line)
  if (facts === undefined) return event.line.trim() === '' ? undefined : who(event, 'reset', event.line)
  if ('_aws' in facts) return undefined
  const { level, message, error, facts: own, ...others } = facts
  if (typeof level !== 'string' || typeof message !== 'string') return who(event, 'reset', event.line)
  const told = [...Object.entries(others), ...Object.entries(own ?? {})]
    .filter(([key]) => !PLATFORM_KEYS.has(key))
    .map(([key, value]) =>
      styled('dim', `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`),
    )
  const trouble = level === 'ERROR' ? 'red' : level === 'WARN' ? 'yellow' : 'reset'
  const first = who(event, trouble, [message, ...told].join(' '))
  return error === undefined ? first : `${first}\n${indented(errorText(error))}`
}

/** What a deployed log line carries of its function: here the line's head says it. */
const PLATFORM_KEYS = new Set([
  'timestamp',
  'service',
  'sampling_rate',
  'cold_start',
  'function_arn',
  'function_memory_size',
  'function_name',
  'function_request_id',
  'xray_trace_id',
])

function jsonObject(line: string): Record<string, unknown> | undefined {
  if (!line.startsWith('{')) return undefined
  try {
    return JSON.parse(line) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** The stack, then the causes and the gathered errors, each with its own. */
function errorText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error)
  const { stack, message, cause, errors } = error as Record<string, unknown>
  const own =
    typeof stack === 'string' ? stack : typeof message === 'string' ? message : JSON.stringify(error)
  const causes = cause === undefined ? [] : ['caused by', errorText(cause)]
  const gathered = Array.isArray(errors) ? errors.flatMap((each) => ['gathered', errorText(each)]) : []
  return [own, ...causes, ...gathered].join('\n')
}

function indented(text: string): string {
  return text
    .split('\n')
    .map((line) => `    ${line}`)
    .join('\n')
}
