import { EXIT, type ExitCode } from './exit.ts'

/** An end of a command that is no fault of the code: its message is for the person who typed the command. */
export class CommandFailed extends Error {
  readonly code: string = 'command_failed'
  readonly exit: ExitCode
  constructor(message: string, exit: ExitCode = EXIT.failed, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = new.target.name
    this.exit = exit
  }
}

/** Arguments that cannot be used. */
export class UsageError extends CommandFailed {
  override readonly code: string = 'misused'
  constructor(message: string, { cause }: { cause?: unknown } = {}) {
    super(message, EXIT.usage, cause)
  }
}

/** Nothing names a target. */
export class NoTarget extends UsageError {
  override readonly code = 'no_target'
}
