import { LeaseholdError } from '../model/errors.ts'
import type { CommandHost } from './command.ts'
import { CommandFailed } from './errors.ts'
import { EXIT, exitOf } from './exit.ts'
import { readCommandLine } from './read.ts'
import { openSession } from './session.ts'
import { TABLE } from './table.ts'
import { terminalOf } from './terminal.ts'
import { versionOf } from './version.ts'

/** Runs a command line on this machine. Returns the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  quietAtBrokenPipe()
  if (argv.includes('--no-color')) {
    process.env['NO_COLOR'] = '1'
    delete process.env['FORCE_COLOR']
  }
  const terminal = terminalOf(process, { utc: argv.includes('--utc') })
  const { env } = process
  return runLine(argv, { terminal, env, cwd: process.cwd(), interrupted })
}

/** Runs a command line with what this machine has for it. Returns the exit code. */
export async function runLine(argv: readonly string[], machine: Omit<CommandHost, 'open'>): Promise<number> {
  const { terminal, env, cwd } = machine
  try {
    if (argv[0] === 'complete' && argv[1] === '--')
      return await (await import('./commands/completion.ts')).complete(argv.slice(2))
    const read = await readCommandLine(TABLE, argv, { version: versionOf(), columns: terminal.columns })
    if (read.do === 'print') {
      await terminal.line(read.text.trimEnd())
      return EXIT.ok
    }
    const { entry, asked } = read
    const run = await entry.load()
    const open = () => openSession({ common: asked.common, env, cwd, note: terminal.note })
    return await run(asked, { ...machine, open })
  } catch (error) {
    if (!(error instanceof CommandFailed || error instanceof LeaseholdError)) throw error
    terminal.problem(error.message)
    return error instanceof CommandFailed ? error.exit : exitOf(error.code)
  }
}

/** A second Ctrl-C ends the program at once. */
function interrupted(): AbortSignal {
  const controller = new AbortController()
  process.once('SIGINT', () => {
    controller.abort()
    process.once('SIGINT', () => process.exit(EXIT.interrupted))
  })
  return controller.signal
}

/** The reader of a pipe has seen enough: `leasehold log ID | head`. */
function quietAtBrokenPipe(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(EXIT.ok)
      throw error
    })
}
