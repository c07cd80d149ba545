import type { Session } from './session.ts'
import type { ArgumentsOf, Spec, ValuesOf } from './spec.ts'
import type { CommonValues } from './common.ts'
import type { Terminal } from './terminal.ts'

/** What a command line asks of a command, read by its description. */
export type Asked<Any extends Spec> = {
  readonly args: ArgumentsOf<Any>
  readonly values: ValuesOf<Any>
  readonly common: CommonValues
}

/** What a command has of the machine that it runs on. */
export type Host = {
  readonly terminal: Terminal
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  /** The target that the command line, the environment or the project names. Prints it on standard error. */
  readonly open: () => Promise<Session>
  /** Fires at Ctrl-C. A command that asks for it ends by itself; without it, Ctrl-C ends the program at once. */
  readonly interrupted: () => AbortSignal
}

export type Run<Any extends Spec> = (asked: Asked<Any>, host: Host) => Promise<number>

/** A line of the table. */
export type Entry = {
  readonly spec: Spec
  /** Imports what the command does: its modules are loaded only when it runs. */
  load(): Promise<Run<Spec>>
}

/** Ties a description to what it describes. */
export function entry<Any extends Spec>(spec: Any, load: () => Promise<Run<Any>>): Entry {
  // The reader hands over what this very description made of the command line.
  return { spec, load: async () => (await load()) as Run<Spec> }
}
