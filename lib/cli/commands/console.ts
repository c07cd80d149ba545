import { once } from 'node:events'
import { deadLettersOf } from '../console-dead-letters.ts'
import { consoleTargetOf } from '../console-target.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import { serveConsoleOf } from '../serve-console.ts'
import type { CONSOLE } from '../specs/console.ts'
import { versionOf } from '../version.ts'

export const console: CommandRun<typeof CONSOLE> = async ({ values }, { terminal, open, interrupted }) => {
  const { target, call, version, region, queues } = await open()
  // A target that is away or refuses ends the command: a page could only show the same error everywhere. It costs no read.
  await call({ method: 'GET', path: '/v1/kinds' })
  const write = values.write === true
  const own = versionOf()
  const stack = target.kind === 'local' ? own : version
  const shown = consoleTargetOf(target, {
    write,
    versions: { console: own, ...(stack === undefined ? {} : { stack }) },
    ...(region === undefined ? {} : { region }),
  })
  const running = await serveConsoleOf(
    { target: shown, call, deadLetters: deadLettersOf(queues) },
    {
      open: values.open === true,
      note: terminal.note,
      ...(values.port === undefined ? {} : { port: values.port }),
    },
  )
  const stopped = interrupted()
  await terminal.line(running.url)
  terminal.note(`${shown.writes ? 'reads and writes' : 'only reads: --write lets it act'}; Ctrl-C stops it`)
  if (!stopped.aborted) await once(stopped, 'abort')
  await running.stop()
  return EXIT.ok
}
