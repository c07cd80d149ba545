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
        'or leave out --store: the embedded store needs Node alone;',
        'or bring a DynamoDB Local of your own: LEASEHOLD_DYNAMODB_ENDPOINT=http://127.0.0.1:8000',
      ].join('\n'),
      facts,
      cause,
    )
  }
}

/** The local stack needs packages that a worker does not, and some are not installed. Nothing was started. */
export class PackageMissing extends LeaseholdError {
  readonly code = 'package_missing'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { packages: readonly string[]; otherwise?: string }, cause?: unknown) {
    const { packages, otherwise } = facts
    super(
      [
        `the local stack needs ${packages.join(', ')}, and cannot find ${packages.length === 1 ? 'it' : 'them'}. Install:`,
        `  npm install --save-dev ${packages.join(' ')}`,
        ...(otherwise === undefined ? [] : [otherwise]),
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

/** A handler's module that cannot be loaded, or that exports no `handler`. `output` is what it printed. */
export class HandlerUnusable extends LeaseholdError {
  readonly code = 'handler_unusable'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { entry: string; reason: string; output: string }) {
    super(
      `${facts.entry} cannot be used as a handler: ${facts.reason}${facts.output === '' ? '' : `; it printed:\n${facts.output}`}`,
      facts,
    )
  }
}

/** Another stack, or another in this process, uses the folder of `--data`. */
export class DataInUse extends LeaseholdError {
  readonly code = 'data_in_use'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { folder: string; pid: number; lock: string }) {
    super(
      `${facts.folder} is in use by process ${facts.pid}; stop that one, or use another folder (if ${facts.pid} is something else, remove ${facts.lock})`,
      facts,
    )
  }
}

/** A table of that name is there, and it is not one that this version can use. */
export class OtherTable extends LeaseholdError {
  readonly code = 'other_table'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { tableName: string; stored: string; asked: string }) {
    super(
      `the table ${facts.tableName} was made by another version: it has ${facts.stored}, this one needs ${facts.asked}; use another data folder or remove the table`,
      facts,
    )
  }
}

/** The data folder belongs to the other store. Nothing was started. */
export class OtherStore extends LeaseholdError {
  readonly code = 'other_store'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { folder: string; owner: string; asked: string }) {
    super(
      `${facts.folder} has data of the store ${facts.owner}, and none of ${facts.asked}; continue with --store ${facts.owner}, or use another folder`,
      facts,
    )
  }
}

/** The module of a project's definitions is not there. Nothing was started. */
export class EntryMissing extends LeaseholdError {
  readonly code = 'entry_missing'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { entry: string; by: string }) {
    super(
      `${facts.entry} is not there, which ${facts.by} names; it has to export definitions, a list of what defineProcess returns`,
      facts,
    )
  }
}

/** The module of a project's own worker or API is not there. Nothing was started. */
export class HandlerMissing extends LeaseholdError {
  readonly code = 'handler_missing'
  readonly blame = 'caller'
  readonly next = 'end'
  constructor(facts: { entry: string; by: string }) {
    super(`${facts.entry} is not there, which ${facts.by} names; it has to export handler`, facts)
  }
}

/** Code that cannot be bundled, has type errors, or has no usable definitions. What ran before runs on. */
export class CodeRefused extends LeaseholdError {
  readonly code = 'code_refused'
  readonly blame = 'author'
  readonly next = 'end'
  constructor(facts: { issues: readonly { readonly at?: string; readonly text: string }[] }) {
    const lines = facts.issues.map(({ at, text }) => (at === undefined ? text : `${at} ${text}`))
    super(`the code cannot be used:\n${lines.join('\n')}`, facts)
  }
}
