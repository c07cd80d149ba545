import { flag, spec, text, whole } from '../spec.ts'

// Commands for dead letters. They use the operator's own rights on the queues.

const RIGHTS =
  'It uses your own rights: sqs:ReceiveMessage, ChangeMessageVisibility and DeleteMessage on the dead-letter queue, and for redrive sqs:SendMessage on the others.'
const HIDDEN = 'SQS hides what is looked at from others for up to five minutes, or until the command ends.'
const IDS = { about: 'message ids, as dlq list prints them', optional: true, many: true } as const
const WHICH = {
  all: flag('every dead letter'),
  code: text('CODE', 'those with this code'),
}

export const DLQ_LIST = spec({
  name: 'dlq list',
  summary: 'Lists dead letters: age, code, process and message id.',
  more: [HIDDEN, RIGHTS],
  args: {},
  options: { limit: whole('at most so many (100)', 1, 1_000), code: WHICH.code },
  takes: ['target', 'json'],
})

export const DLQ_SHOW = spec({
  name: 'dlq show',
  summary: 'Shows a dead letter with its body and why it is here.',
  more: [HIDDEN, RIGHTS],
  args: { message: { about: 'the message id, as dlq list prints it' } },
  options: {},
  takes: ['target', 'json'],
})

export const DLQ_REDRIVE = spec({
  name: 'dlq redrive',
  summary: 'Sends dead letters back to the queue that they came from.',
  more: [
    'Mend what sent them here first: else they come back. A message is deleted here only after it is sent, so none is lost. One that is there twice changes nothing.',
    'At most 1,000 at a time; it says if there are more.',
    RIGHTS,
  ],
  args: { messages: IDS },
  options: WHICH,
  takes: ['target', 'json', 'confirm'],
  examples: [
    ['dlq redrive --code unknown_kind', 'starts of a kind that is deployed by now'],
    ['dlq redrive --all --yes', 'all of them'],
  ],
})

export const DLQ_DELETE = spec({
  name: 'dlq delete',
  summary: 'Deletes dead letters. The work that they ask for is not done.',
  more: ['At most 1,000 at a time; it says if there are more.', RIGHTS],
  args: { messages: IDS },
  options: WHICH,
  takes: ['target', 'json', 'confirm'],
})
