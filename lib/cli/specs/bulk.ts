import { STATUSES } from '../../model/record.ts'
import { choice, moment, spec, text, whole } from '../spec.ts'

// Commands for many processes. Each plans first, and a plan names its ids.

const RATE = whole('at most so many processes a second (10)', 1, 100)
const FILTER = {
  kind: text('KIND', 'of this kind'),
  scope: text('SCOPE', 'of this scope'),
  status: choice(STATUSES, 'in this status', 'STATUS'),
  from: moment('created then or later'),
  to: moment('created before'),
  plan: text('FILE', 'where the plan is written (leasehold-bulk-….json)'),
  rate: RATE,
}
const MORE = [
  'It writes the exact ids into a plan, shows counts and ten samples, and asks. A process that has moved to another status is skipped. After Ctrl-C, `leasehold bulk apply FILE` continues, and does nothing twice. It ends with 7 if some failed.',
]

export const BULK_CANCEL = spec({
  name: 'bulk cancel',
  summary: 'Asks many open processes to cancel.',
  more: MORE,
  args: {},
  options: { ...FILTER, reason: text('TEXT', 'why: it is recorded with each request') },
  takes: ['target', 'json', 'confirm'],
  examples: [['bulk cancel --kind order --status waiting --dry-run', 'only the plan']],
})

export const BULK_RESUME = spec({
  name: 'bulk resume',
  summary: 'Lets many stuck processes continue.',
  more: MORE,
  args: {},
  options: FILTER,
  takes: ['target', 'json', 'confirm'],
})

export const BULK_RETRY = spec({
  name: 'bulk retry',
  summary: 'Retries many ended processes that did not complete, each as a new one.',
  more: [...MORE, 'Every step of each runs again, recorded ones too.'],
  args: {},
  options: FILTER,
  takes: ['target', 'json', 'confirm'],
})

export const BULK_SIGNAL = spec({
  name: 'bulk signal',
  summary: 'Sends a signal to many open processes. It counts once for each plan.',
  more: MORE,
  args: { name: { about: 'the name that the processes wait for' } },
  options: {
    ...FILTER,
    payload: text('JSON', 'what it carries (null): as JSON, or @FILE, or - for standard input'),
  },
  takes: ['target', 'json', 'confirm'],
})

export const BULK_APPLY = spec({
  name: 'bulk apply',
  summary: 'Applies a plan, or continues one that was interrupted.',
  args: { file: { about: 'the file of the plan' } },
  options: { rate: RATE },
  takes: ['target', 'json', 'confirm'],
})
