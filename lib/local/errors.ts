import { LeaseholdError } from '../model/errors.ts'

/** No `java` on the PATH, and DynamoDB Local needs one. Nothing was started. */
export class JavaMissing extends LeaseholdError {
  readonly code = 'java_missing'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { reason: string }, cause?: unknown) {
    super(
      [
        `DynamoDB Local needs Java 11 or later, and ${facts.reason}. Install one:`,
        '  Debian, Ubuntu   sudo apt-get install -y --no-install-recommends openjdk-17-jre-headless',
        '  macOS            brew install --cask temurin',
        'or bring a DynamoDB Local of your own: LEASEHOLD_DYNAMODB_ENDPOINT=http://127.0.0.1:8000',
      ].join('\n'),
      facts,
      cause,
    )
  }
}

/** An emulator ended before it answered, or did not answer in time. `output` is the end of what it printed. */
export class EmulatorFailed extends LeaseholdError {
  readonly code = 'emulator_failed'
  readonly blame = 'platform'
  readonly next = 'end'
  constructor(facts: { emulator: string; reason: string; output: string }, cause?: unknown) {
    super(
      `${facts.emulator} ${facts.reason}; ${facts.output === '' ? 'it printed nothing' : `it printed:\n${facts.output}`}`,
      facts,
      cause,
    )
  }
}
