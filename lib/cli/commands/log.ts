import { parseProcessId } from '../../model/ids.ts'
import type { LogEntry } from '../../model/log.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import { entriesOf } from '../entries.ts'
import { logLine } from '../log-line.ts'
import type { LOG } from '../specs/looking.ts'

export const log: CommandRun<typeof LOG> = async (
  { args, values, common },
  { terminal, open, interrupted },
) => {
  const id = parseProcessId(args.id)
  const { client, call } = await open()
  const after = values.after ?? 0
  const print = (entry: LogEntry): Promise<void> =>
    terminal.line(common.json === true ? JSON.stringify(entry) : logLine(entry, terminal))
  if (values.follow !== true) {
    for await (const entry of entriesOf(call, id, after)) await print(entry)
    return EXIT.ok
  }
  const signal = interrupted()
  try {
    for await (const entry of client.events(id, { after, signal })) await print(entry)
    return EXIT.ok
  } catch (error) {
    if (signal.aborted) return EXIT.interrupted
    throw error
  }
}
