import { PAGE_ROWS } from '../../model/limits.ts'
import { choice, flag, moment, spec, text, time, whole } from '../spec.ts'
import { STATUSES } from '../../model/record.ts'

// Commands that look and change nothing.

export const LIST = spec({
  name: 'list',
  summary: 'Lists processes, newest first: of a kind, of a scope, or of all kinds that are deployed.',
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

const ID = { about: 'the id of the process' } as const

export const SHOW = spec({
  name: 'show',
  summary:
    'Shows a process: status, what it waits for, who holds it, attempts, output, and what to type next.',
  args: { id: ID },
  options: {},
  takes: ['target', 'json'],
  examples: [['show order-7', 'what order-7 does now']],
})

export const LOG = spec({
  name: 'log',
  summary: 'Prints the log of a process, one entry a line.',
  args: { id: ID },
  options: {
    follow: flag('wait for more entries until the process ends', 'f'),
    after: whole('only entries above this number', 0, Number.MAX_SAFE_INTEGER),
  },
  takes: ['target', 'json'],
  examples: [['log order-7 -f --json', 'each entry as one JSON value a line, as it comes']],
})

export const TRACE = spec({
  name: 'trace',
  summary: 'Shows the effects of a process over its time.',
  more: [
    'The log has no beginning of most steps: such a step begins at the entry before it. With --json each effect is one JSON value a line.',
  ],
  args: { id: ID },
  options: {},
  takes: ['target', 'json'],
})

export const RESULT = spec({
  name: 'result',
  summary: 'Waits for the end of a process and prints its output.',
  more: [
    'It ends with 0 after a success, and with 20, 21 or 22 if the process failed, was cancelled or was abandoned.',
  ],
  args: { id: ID },
  options: { timeout: time('wait at most so long; with 0s it only looks') },
  takes: ['target', 'json'],
  examples: [['result order-7 --timeout 5m', 'its output, or exit code 6 after five minutes']],
})

export const HISTORY = spec({
  name: 'history',
  summary: 'Stores a process with its log in a file that can be replayed.',
  more: [
    'The file holds inputs and outputs of the process as they are recorded. Keep it as you keep that data.',
  ],
  args: { id: ID },
  options: { output: { ...text('FILE', 'the file to write; without it standard output'), short: 'o' } },
  takes: ['target'],
  examples: [['history order-7 -o order-7.json', 'a file for a test that replays it']],
})

export const REPLAY = spec({
  name: 'replay',
  summary: 'Runs your code of today on stored processes, and says where it would leave one stuck.',
  more: [
    'Each process reaches its frontier, comes to the same end, or diverges: recorded one effect, asked another, at a line. No body of a step runs, nothing is written, and secrets in the environment read "stripped".',
    'It ends with 10 if a process diverges or cannot be replayed.',
  ],
  args: { files: { about: 'files that `leasehold history` wrote', optional: true, many: true } },
  options: {
    entry: text('MODULE', 'the module that exports your definitions (src/processes/index.ts)'),
    kind: text('KIND', 'the newest processes of this kind, by the API, instead of files'),
    open: flag('of them those that have not ended'),
    sample: whole('at most so many of them (100)', 1, 10_000),
    junit: text('FILE', 'a report for CI'),
  },
  takes: ['target', 'json'],
  examples: [
    ['replay test/histories/*.json --junit replay.xml', 'in CI, before a deploy'],
    ['replay --kind order --open --stack shop', 'what runs now, against the code in this folder'],
  ],
})
