import { writeFileSync } from 'node:fs'
import { countText } from '../../model/count-text.ts'
import { parseProcessId } from '../../model/ids.ts'
import { writeHistory } from '../../testing/history.ts'
import type { CommandRun } from '../command.ts'
import { CommandFailed } from '../errors.ts'
import { EXIT } from '../exit.ts'
import { fetchHistory } from '../fetch-history.ts'
import type { HISTORY } from '../specs/looking.ts'

export const history: CommandRun<typeof HISTORY> = async ({ args, values }, { terminal, open }) => {
  const id = parseProcessId(args.id)
  const { call } = await open()
  const { history: stored, missing } = await fetchHistory(call, id)
  const text = writeHistory(stored)
  if (missing > 0)
    terminal.note(
      `${countText(missing, 'value is', 'values are')} too large for an answer of the API, and not in the history`,
    )
  if (values.output === undefined) await terminal.line(text.trimEnd())
  else {
    write(values.output, text)
    terminal.note(
      `${values.output}: ${countText(stored.entries.length, 'entry', 'entries')} of ${id}, ${stored.process.status}`,
    )
  }
  return EXIT.ok
}

/** For its owner alone: it holds what the process holds. */
function write(path: string, text: string): void {
  try {
    writeFileSync(path, text, { mode: 0o600 })
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw new CommandFailed(`${path} cannot be written (${String(code)})`, EXIT.failed, error)
  }
}
