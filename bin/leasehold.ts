#!/usr/bin/env node
import { dev } from './dev.ts'
import { problem } from './printing.ts'

/** A command takes its own arguments and answers the exit code. */
type Command = { readonly about: string; run(args: readonly string[]): Promise<number> }

const COMMANDS: Readonly<Record<string, Command>> = {
  dev: { about: 'the whole system on this machine, until Ctrl-C', run: dev },
}

const HELP = `Usage: leasehold <command> [options]

${Object.entries(COMMANDS)
  .map(([name, { about }]) => `  ${name.padEnd(8)}${about}`)
  .join('\n')}

leasehold <command> --help tells more.
`

/** Misused: what Unix tools answer then. */
const EXIT_USAGE = 2

const [name, ...args] = process.argv.slice(2)
if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
  process.stdout.write(HELP)
} else {
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined
  if (command === undefined) {
    problem(`no command ${name}; there are: ${Object.keys(COMMANDS).join(', ')}`)
    process.exitCode = EXIT_USAGE
  } else {
    process.exitCode = await command.run(args)
  }
}
