import type { Session } from './session.ts'
import type { ArgumentsOf, Spec, ValuesOf } from './spec.ts'
import type { CommonValues } from './common.ts'
import type { Terminal } from './terminal.ts'

/** What a command line asks of a command, read by its description. */
export type CommandInput<Any extends Spec> = {
  readonly args: ArgumentsOf<Any>
  readonly values: ValuesOf<Any>
  readonly common: CommonValues
}

/** What a command has of the machine that it runs on. */
export type CommandHost = {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The target that the command line, the environment or the project names. Prints it on standard error. */
  readonly open: () => Promise<Session>
  /** Fires at Ctrl-C. A command that asks for it ends by itself; without it, Ctrl-C ends the program at once. */
  readonly interrupted: () => AbortSignal
}

export type CommandRun<Any extends Spec> = (asked: CommandInput<Any>, host: CommandHost) => Promise<number>

/** A line of the table. */
export type CommandEntry = {
  readonly spec: Spec
  /** Imports what the command does: its modules are loaded only when it runs. */
  load(): Promise<CommandRun<Spec>>
}

/** Ties a description to what it describes. */
export function entry<Any extends Spec>(spec: Any, load: () => Promise<CommandRun<Any>>): CommandEntry {
  // The reader hands over what this very description made of the command line.
  return { spec, load: async () => (await load()) as CommandRun<Spec> }
}
