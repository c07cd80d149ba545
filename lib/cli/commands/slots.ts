import pMap from 'p-map'
import type { SlotRelease, SlotsView } from '../../client/slots.ts'
import { countText } from '../../model/count-text.ts'
import { NoLongerRetained } from '../../model/errors.ts'
import { parseProcessId } from '../../model/ids.ts'
import type { Status } from '../../model/record.ts'
import type { CommandInput, CommandHost, CommandRun } from '../command.ts'
import { confirmed } from '../confirm.ts'
import { isEnded } from '../ended.ts'
import { EXIT, type ExitCode } from '../exit.ts'
import type { Session } from '../session.ts'
import type { SLOTS } from '../specs/overview.ts'
import { shellWord } from '../wait-lines.ts'

/** Holders whose status is read, and processes of the queue that are printed. */
const SHOWN = 20
const READS_AT_ONCE = 4

export const slots: CommandRun<typeof SLOTS> = async (asked, host) => {
  const { args, values, common } = asked
  if (values.release !== undefined) return release(asked, host, values.release)
  const { terminal } = host
  const session = await host.open()
  const { body } = await session.call({ method: 'GET', path: '/v1/slots', query: { key: args.key } })
  const view = body as SlotsView
  const holders = await statusesOf(session, view.holders.slice(0, SHOWN))
  const left = holders.filter(({ status }) => status === undefined || isEnded(status))
  if (common.json === true) await terminal.line(JSON.stringify(view, null, 2))
  else {
    await terminal.line(
      `held ${view.holders.length} of ${countText(view.limit, 'place')}, waiting ${view.waiting}`,
    )
    for (const { id, status } of holders) await terminal.line(`holds  ${(status ?? 'gone').padEnd(9)}  ${id}`)
    for (const id of view.queue.slice(0, SHOWN)) await terminal.line(`waits  ${id}`)
    if (view.holders.length > SHOWN || view.waiting > SHOWN)
      terminal.note(`only the first ${SHOWN} of each are printed; --json has more`)
  }
  for (const { id, status } of left)
    terminal.note(
      `${id} ${status === undefined ? 'is gone' : `is ${status}`} and holds a place: leasehold slots ${shellWord(args.key)} --release ${id}`,
    )
  return left.length === 0 ? EXIT.ok : EXIT.problems
}

/** The status of each holder; undefined if there is no such process. */
async function statusesOf(
  { client }: Session,
  ids: readonly string[],
): Promise<readonly { readonly id: string; readonly status: Status | undefined }[]> {
  const statusOf = async (id: string): Promise<Status | undefined> => {
    try {
      return (await client.get(id))?.status
    } catch (error) {
      // It has ended, and its retention has passed.
      if (error instanceof NoLongerRetained) return undefined
      throw error
    }
  }
  return pMap(ids, async (id) => ({ id, status: await statusOf(id) }), { concurrency: READS_AT_ONCE })
}

async function release(
  { args: { key }, common }: CommandInput<typeof SLOTS>,
  { terminal, open }: CommandHost,
  typed: string,
): Promise<ExitCode> {
  const id = parseProcessId(typed)
  if (common['dry-run'] === true) {
    terminal.note(`the place of ${id} under ${key} would be released (--dry-run)`)
    return EXIT.ok
  }
  if (!(await confirmed(`Release the place of ${id} under ${key}?`, common, terminal))) {
    terminal.note('nothing is done')
    return EXIT.interrupted
  }
  const { call } = await open()
  const { body } = await call({ method: 'POST', path: '/v1/slots/release', body: { key, id } })
  const { released, woken } = body as SlotRelease
  if (common.json === true) await terminal.line(JSON.stringify(body, null, 2))
  if (!released) terminal.note(`${id} has no place under ${key}`)
  else
    terminal.note(
      `the place of ${id} is released${woken.length === 0 ? '' : `; ${woken.join(', ')} continues`}`,
    )
  return EXIT.ok
}
