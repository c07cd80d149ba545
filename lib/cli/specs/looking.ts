import { PAGE_ROWS } from '../../model/limits.ts'
import { choice, flag, moment, spec, text, whole } from '../spec.ts'
import { STATUSES } from '../../model/record.ts'

// Commands that look and change nothing.

export const LIST = spec({
  name: 'list',
  summary: 'Lists the processes of a kind or a scope, newest first.',
  args: {},
  options: {
    kind: text('KIND', 'of this kind'),
    scope: text('SCOPE', 'of this scope'),
    status: choice(STATUSES, 'in this status', 'STATUS'),
    from: moment('created then or later'),
    to: moment('created before'),
    limit: whole('at most so many (25)', 1, PAGE_ROWS),
    cursor: text('CURSOR', 'the page after another, by the cursor that it gave'),
    all: flag('every page; with --json one process a line'),
  },
  takes: ['target', 'json'],
  examples: [
    ['list --kind order --status waiting', 'orders that wait'],
    ['list --kind order --from 2h --all --json', 'orders of the last two hours, one JSON value a line'],
  ],
})
