import type { ListFilter } from './filter.ts'

// The commands that give the same as the page. `options` name the target, as the server says them.

export type Command = (options: string) => string

const line =
  (...words: readonly (string | undefined)[]): Command =>
  (options) =>
    ['leasehold', ...words, options].filter((word) => word !== undefined && word !== '').join(' ')

export const COMMANDS = {
  attention: line('attention'),
  counts: line('count'),
  kinds: line('kinds'),
  show: (id: string) => line('show', word(id)),
  log: (id: string) => line('log', word(id), '-f'),
  trace: (id: string) => line('trace', word(id)),
  history: (id: string) => line('history', word(id), '-o', word(`${id}.json`)),
  result: (id: string) => line('result', word(id)),
  json: (id: string) => line('show', word(id), '--json'),
  start: (kind: string, id: string, input: string) =>
    line('start', word(kind), word(id), '--input', word(input)),
  signal: (id: string, name: string, payload: string) =>
    line('signal', word(id), word(name), '--payload', word(payload)),
  answer: (value: string) => line('callback', 'complete', '-', '--value', word(value)),
  refuse: (message: string) => line('callback', 'fail', '-', '--message', word(message)),
  resume: (id: string) => line('resume', word(id)),
  retry: (id: string) => line('retry', word(id)),
  cancel: (id: string, reason: string) => line('cancel', word(id), ...optional('--reason', reason)),
  abandon: (id: string, reason: string) => line('abandon', word(id), ...optional('--reason', reason)),
  slots: (key: string) => line('slots', word(key)),
  release: (key: string, id: string) => line('slots', word(key), '--release', word(id)),
  health: line('health'),
  dlq: line('dlq', 'list'),
  redrive: (messageId: string) => line('dlq', 'redrive', word(messageId)),
  deleteLetter: (messageId: string) => line('dlq', 'delete', word(messageId)),
  replay: (file: string) => line('replay', word(file)),
} as const

export function listCommand({ kind, scope, status, from, to }: ListFilter): Command {
  return line(
    'list',
    ...optional('--kind', kind),
    ...optional('--scope', scope),
    ...optional('--status', status),
    ...optional('--from', from === undefined ? undefined : new Date(from).toISOString()),
    ...optional('--to', to === undefined ? undefined : new Date(to).toISOString()),
  )
}

function optional(option: string, value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : [option, word(value)]
}

/** A word as a POSIX shell takes it. */
function word(text: string): string {
  return /^[\w.:/=@-]+$/u.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}
