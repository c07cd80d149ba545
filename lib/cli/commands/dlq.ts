import { countText } from '../../model/count-text.ts'
import { inWords } from '../../model/duration.ts'
import { SYSTEM_CLOCK } from '../../host/system.ts'
import type { CommandInput, CommandHost, CommandRun } from '../command.ts'
import { confirmed } from '../confirm.ts'
import { look, redrive, remove, sqsFailure, type DeadLetterView, type Received } from '../dead-letters.ts'
import { CommandFailed, UsageError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { QueueAccess } from '../queues.ts'
import type { DLQ_DELETE, DLQ_LIST, DLQ_REDRIVE, DLQ_SHOW } from '../specs/dlq.ts'

const LISTED = 100
const AT_MOST = 1_000

export const dlqList: CommandRun<typeof DLQ_LIST> = async ({ values, common }, host) => {
  const { limit = LISTED, code } = values
  return looked(host, limit, async (_access, { letters, more }) => {
    const shown = letters.filter((letter) => code === undefined || letter.code === code)
    for (const letter of shown)
      await host.terminal.line(common.json === true ? JSON.stringify(viewOf(letter)) : rowOf(letter))
    if (shown.length === 0) host.terminal.note('no dead letters')
    if (more) host.terminal.note(`more: add --limit, up to ${AT_MOST}`)
    return EXIT.ok
  })
}

export const dlqShow: CommandRun<typeof DLQ_SHOW> = async ({ args, common }, host) =>
  looked(host, AT_MOST, async (_access, { letters }) => {
    const letter = letters.find(({ messageId }) => messageId === args.message)
    if (letter === undefined) throw unknown([args.message])
    const { terminal } = host
    if (common.json === true) await terminal.line(JSON.stringify(viewOf(letter), null, 2))
    else {
      await terminal.line(rowOf(letter))
      await terminal.line(`reason  ${letter.reason}`)
      await terminal.line(`sent    ${terminal.at(letter.sentAt)}`)
      await terminal.line(`from    ${letter.source}`)
      await terminal.line(letter.body)
    }
    return EXIT.ok
  })

export const dlqRedrive: CommandRun<typeof DLQ_REDRIVE> = async (asked, host) =>
  change(asked, host, { asks: 'Send back', done: 'sent back', act: redrive })

export const dlqDelete: CommandRun<typeof DLQ_DELETE> = async (asked, host) =>
  change(asked, host, { asks: 'Delete', done: 'deleted', act: remove })

type Change = {
  readonly asks: string
  readonly done: string
  readonly act: (access: QueueAccess, letter: Received) => Promise<void>
}

async function change(
  { args: { messages }, values: { all, code }, common }: CommandInput<typeof DLQ_REDRIVE>,
  host: CommandHost,
  { asks, done, act }: Change,
): Promise<ExitCode> {
  const { terminal } = host
  const ways = [(messages ?? []).length > 0, all === true, code !== undefined].filter(Boolean)
  if (ways.length !== 1) throw new UsageError('say which dead letters: message ids, or --code CODE, or --all')
  return looked(host, AT_MOST, async (access, { letters, more }, keep) => {
    const ids = messages ?? []
    const missing = ids.filter((id) => !letters.some(({ messageId }) => messageId === id))
    if (missing.length > 0) throw unknown(missing)
    const chosen = letters.filter(
      (letter) => all === true || letter.code === code || ids.includes(letter.messageId),
    )
    if (chosen.length === 0) {
      terminal.note('no dead letters')
      return EXIT.ok
    }
    if (common['dry-run'] === true) {
      for (const letter of chosen) await terminal.line(rowOf(letter))
      terminal.note(`${chosen.length} would be ${done} (--dry-run)`)
      return EXIT.ok
    }
    if (!(await confirmed(`${asks} ${countText(chosen.length, 'dead letter')}?`, common, terminal))) {
      terminal.note('nothing is done')
      return EXIT.interrupted
    }
    const failed: string[] = []
    for (const letter of chosen) {
      try {
        await act(access, letter)
        keep(letter)
        if (common.json === true) await terminal.line(JSON.stringify(viewOf(letter)))
      } catch (error) {
        failed.push(letter.messageId)
        terminal.note(`${letter.messageId} failed: ${sqsFailure(error).code}`)
      }
    }
    terminal.note(`${chosen.length - failed.length} ${done}, ${failed.length} failed`)
    if (more) terminal.note('there may be more: do it again')
    return failed.length === 0 ? EXIT.ok : EXIT.partly
  })
}

/** A look of a command: its refusals say what to do. */
async function looked(
  { open }: CommandHost,
  limit: number,
  see: Parameters<typeof look<ExitCode>>[2],
): Promise<ExitCode> {
  const { queues } = await open()
  try {
    return await look(queues, limit, see)
  } catch (error) {
    throw refusalOf(error)
  }
}

/** What SQS refuses, in a sentence with what to do. */
function refusalOf(error: unknown): unknown {
  if (error instanceof CommandFailed) return error
  const { code, ofRights } = sqsFailure(error)
  if (ofRights)
    return new CommandFailed(
      `SQS refused: ${code}; leasehold dlq --help names the rights`,
      EXIT.rights,
      error,
    )
  const { message } = error as { message?: unknown }
  return new CommandFailed(`SQS failed: ${code}: ${String(message)}`, EXIT.failed, error)
}

function unknown(ids: readonly string[]): CommandFailed {
  return new CommandFailed(
    `no dead letter ${ids.join(', ')}: another look may hide it for up to five minutes`,
    EXIT.unknown,
  )
}

function rowOf({ sentAt, code, id, type, messageId }: DeadLetterView): string {
  const age = inWords(Math.max(0, SYSTEM_CLOCK.now() - sentAt))
  return [age.padEnd(8), code.padEnd(16), type, id ?? '-', messageId].join('  ')
}

/** What `--json` prints: nothing that only this look can use. */
function viewOf({ receipt: _receipt, ...view }: Received): Omit<Received, 'receipt'> {
  return view
}
