import { expect, test } from 'vitest'
import { COMMANDS, listCommand, type Command } from '../../../../lib/console/app/model/commands.ts'
import { readCommandLine } from '../../../../lib/cli/read.ts'
import { TABLE } from '../../../../lib/cli/table.ts'

/** Each command of the page, with arguments that a shell could take wrongly. */
const SHOWN: Record<keyof typeof COMMANDS | 'list', Command> = {
  attention: COMMANDS.attention,
  counts: COMMANDS.counts,
  kinds: COMMANDS.kinds,
  show: COMMANDS.show('order-7'),
  log: COMMANDS.log('order-7'),
  trace: COMMANDS.trace('order-7'),
  history: COMMANDS.history('order-7'),
  result: COMMANDS.result('order-7'),
  json: COMMANDS.json('order-7'),
  start: COMMANDS.start('order', 'order-7', '{"a":"it\'s"}'),
  signal: COMMANDS.signal('order-7', 'a b', '"x"'),
  answer: COMMANDS.answer('{"a":1}'),
  refuse: COMMANDS.refuse('it broke'),
  resume: COMMANDS.resume('order-7'),
  retry: COMMANDS.retry('order-7'),
  cancel: COMMANDS.cancel('order-7', 'no stock'),
  abandon: COMMANDS.abandon('order-7', ''),
  slots: COMMANDS.slots('account 7'),
  release: COMMANDS.release('account-7', 'order-7'),
  health: COMMANDS.health,
  dlq: COMMANDS.dlq,
  redrive: COMMANDS.redrive('m-1'),
  deleteLetter: COMMANDS.deleteLetter('m-1'),
  replay: COMMANDS.replay('order-7.json'),
  list: listCommand({ kind: 'order', status: 'failed', from: 0, to: 86_400_000 }),
}

test.each(Object.entries(SHOWN))(
  'the command for %s is one that the command line takes',
  async (name, command) => {
    // A history file is replayed on the machine that has it.
    const text = command(name === 'replay' ? '' : '--stack shop --region eu-west-1')
    const [program, ...argv] = wordsOf(text)
    expect(program).toBe('leasehold')
    await expect(readCommandLine(TABLE, argv, { version: '0' })).resolves.toMatchObject({ do: 'run' })
  },
)

test('a word with quotes and spaces is one word of the shell', () => {
  expect(wordsOf(COMMANDS.start('order', 'a', `{"a":"it's; rm -rf"}`)(''))).toEqual([
    'leasehold',
    'start',
    'order',
    'a',
    '--input',
    `{"a":"it's; rm -rf"}`,
  ])
})

/** Splits as a POSIX shell does. */
function wordsOf(text: string): string[] {
  return [...text.matchAll(/(?:'[^']*'|\\.|[^\s'\\])+/g)].map(([word]) =>
    word.replaceAll(/'([^']*)'|\\(.)/g, (_, quoted?: string, escaped?: string) => quoted ?? escaped ?? ''),
  )
}
