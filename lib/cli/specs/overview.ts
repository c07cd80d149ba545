import { PAGE_ROWS } from '../../model/limits.ts'
import { choice, flag, spec, text, whole } from '../spec.ts'

// Commands that look at all processes together.

export const ATTENTION = spec({
  name: 'attention',
  summary: 'Lists the stuck, failed and abandoned processes of all kinds, the newest first.',
  more: ['It ends with 10 if there are any, and with 0 if there are none.'],
  args: {},
  options: {
    status: choice(['stuck', 'failed', 'abandoned'], 'only in this status', 'STATUS'),
    limit: whole('at most so many (25)', 1, PAGE_ROWS),
    cursor: text('CURSOR', 'the page after another, by the cursor that it gave'),
    all: flag('every page; with --json one process a line'),
  },
  takes: ['target', 'json'],
})

export const COUNT = spec({
  name: 'count',
  summary: 'Counts the processes of each kind by status.',
  more: ['Only the newest processes of a kind are counted, up to a bound; then it says "at least".'],
  args: {},
  options: { kind: text('KIND', 'only of this kind; without it of each kind that is deployed') },
  takes: ['target', 'json'],
})

export const HEALTH = spec({
  name: 'health',
  summary: 'Shows how the system does: due processes, queues, the sweep, and what needs an operator.',
  more: ['It ends with 10 if something needs an operator, and with 0 if all is well.'],
  args: {},
  options: {},
  takes: ['target', 'json'],
})

export const DOCTOR = spec({
  name: 'doctor',
  summary: 'Checks this machine and the target: versions, Node, Java, clock, rights, quotas, bootstrap.',
  more: [
    'Without a target it checks this machine alone. It ends with 10 if a check finds a problem.',
    'For a stack it reads lambda:GetAccountSettings and ssm:GetParameter, if the credentials may.',
  ],
  args: {},
  options: {},
  takes: ['target', 'json'],
})

export const SLOTS = spec({
  name: 'slots',
  summary: 'Shows which processes hold the places of a concurrency key, and which wait for one.',
  more: [
    'The status of the first 20 holders is read too. It ends with 10 if one of them has ended or is gone.',
    'A place is released only if its process has ended or is gone. Cancel or abandon any other process instead.',
  ],
  args: { key: { about: 'the concurrency key' } },
  options: { release: text('ID', 'give back the place that this process has left behind') },
  takes: ['target', 'json', 'confirm'],
  examples: [
    ['slots account-7', 'who holds account-7, and who waits'],
    ['slots account-7 --release order-7', 'the place of order-7, which has ended'],
  ],
})

export const KINDS = spec({
  name: 'kinds',
  summary: 'Lists the kinds that are deployed; with --json their schemas too.',
  args: {},
  options: {},
  takes: ['target', 'json'],
})
