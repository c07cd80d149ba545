/** An error as it is recorded: never a stack (that goes to the host's log). */
export type ErrorFacts = {
  readonly class: string
  /** The error's own code, if that is text; else the code of what recorded it. */
  readonly code: string
  readonly message: string
  /** The status of an HTTP answer, of an error that had one. */
  readonly status?: number
  /** Its `cause`, if that was an error. */
  readonly cause?: ErrorFacts
  /** What it gathered, as `AggregateError` does. The first of them, where there are many. */
  readonly errors?: readonly ErrorFacts[]
}

/**
 * An error made from what the log holds of it: the `cause` of `StepFailed` and `ChildFailed`. The run in which the error
 * was thrown gets this one too, so code that branches on it takes the same branch on every run. `name` is the class that
 * was thrown. The thrown error itself, with its stack, is in the host's log.
 */
export class RecordedError extends Error {
  readonly recorded: ErrorFacts
  readonly code: string
  /** The status of an HTTP answer, of an error that had one. */
  declare readonly status?: number
  /** What an `AggregateError` gathered. */
  declare readonly errors?: readonly RecordedError[]

  constructor(recorded: ErrorFacts) {
    const { class: name, code, message, status, cause, errors } = recorded
    super(message, cause === undefined ? undefined : { cause: new RecordedError(cause) })
    this.name = name
    this.recorded = recorded
    this.code = code
    if (status !== undefined) this.status = status
    if (errors !== undefined) this.errors = errors.map((each) => new RecordedError(each))
    // The library's own frames would say nothing of the author's error.
    this.stack = `${name}: ${message}`
  }

  get loggable(): string {
    return loggableFacts(this.recorded)
  }
}

/** The message of a recorded error as a log may show it. A schema's words quote the value that it refused. */
export function loggableFacts({ class: name, message }: ErrorFacts): string {
  return name === 'InvalidInput' ? 'a value was refused; its record says why' : message
}
