import { flag, moment, spec, text, time } from '../spec.ts'

// Commands that ask something of a process.

const ID = { about: 'the id of the process' } as const
const REASON = text('TEXT', 'why: it is recorded with the request')
const VALUE = 'as JSON, or @FILE for a file of JSON, or - for standard input'

export const START = spec({
  name: 'start',
  summary: 'Starts a process. The same again starts nothing.',
  args: { kind: { about: 'the kind of the process' }, id: { about: 'the id of the new process' } },
  options: {
    input: text('JSON', `its input (null): ${VALUE}`),
    scope: text('SCOPE', 'the scope that it is listed under'),
    at: moment('start it then'),
    in: time('start it after this time'),
    timeout: time('end it as failed after this time'),
    urgent: flag('before processes that are not urgent'),
    wait: flag('wait for its end, and print its output as result does'),
  },
  takes: ['target', 'json'],
  examples: [
    [`start order order-7 --input '{"lines":3}'`, 'an order'],
    ['start import import-1 --input @import.json --wait', 'an import, and its output'],
  ],
})

export const SIGNAL = spec({
  name: 'signal',
  summary: 'Sends a signal to a process.',
  more: [
    'A signal counts once by its key. Without --key each call sends another signal; the key is printed.',
  ],
  args: { id: ID, name: { about: 'the name that the process waits for' } },
  options: {
    payload: text('JSON', `what it carries (null): ${VALUE}`),
    key: text('KEY', 'makes it count once, however often it is sent'),
  },
  takes: ['target', 'json'],
  examples: [[`signal order-7 approve --payload '{"by":"ann"}' --key ann`, 'an approval that counts once']],
})

const TOKEN = { about: 'the token of the callback, or - for standard input' } as const

export const CALLBACK_COMPLETE = spec({
  name: 'callback complete',
  summary: 'Answers a callback with a value.',
  args: { token: TOKEN },
  options: { value: text('JSON', `the value (null): ${VALUE}`) },
  takes: ['target', 'json'],
})

export const CALLBACK_FAIL = spec({
  name: 'callback fail',
  summary: 'Answers a callback with an error.',
  args: { token: TOKEN },
  options: {
    message: text('TEXT', 'what went wrong'),
    code: text('CODE', 'the code of the error (callback_failed)'),
  },
  takes: ['target', 'json'],
})

export const CALLBACK_HEARTBEAT = spec({
  name: 'callback heartbeat',
  summary: 'Reports that the work behind a callback continues.',
  args: { token: TOKEN },
  options: {},
  takes: ['target'],
})

export const CANCEL = spec({
  name: 'cancel',
  summary: 'Asks a process to cancel.',
  args: { id: ID },
  options: { reason: REASON },
  takes: ['target', 'json'],
})

export const ABANDON = spec({
  name: 'abandon',
  summary: 'Gives a process up once no worker holds it.',
  more: ['Its code does not clean up: cancel it if its code can still run.'],
  args: { id: ID },
  options: { reason: REASON },
  takes: ['target', 'json', 'confirm'],
})

export const RESUME = spec({
  name: 'resume',
  summary: 'Lets a stuck process continue, after a deploy of code that replays its journal.',
  args: { id: ID },
  options: {},
  takes: ['target', 'json'],
})

export const RETRY = spec({
  name: 'retry',
  summary: 'Retries an ended process from the start, as a new one.',
  more: [
    'Every step runs again, recorded ones too, under new idempotency keys: a charge is made a second time.',
  ],
  args: { id: ID },
  options: { as: text('ID', 'the id of the new process (the old one and .retry)') },
  takes: ['target', 'json', 'confirm'],
})
