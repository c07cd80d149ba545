import type { EventsPage } from '../client/following.ts'
import type { KindView } from '../client/kinds.ts'
import type { HealthView } from '../client/health-view.ts'
import type { ChildView, PayloadView } from '../client/log-views.ts'
import type { ProcessView } from '../client/processes.ts'
import type { SlotRelease, SlotsView } from '../client/slots.ts'
import type { Json } from '../model/json.ts'
import type { Output, Status } from '../model/record.ts'
import type { AttentionQuery, AttentionRow, KindCounts, ListedProcess, Page } from '../registry/port-lists.ts'

// What the console's page and its server say to each other. Types alone, so that the page bundles none of the library.
//
// The page sends POST /api/<operation> with the operation's params as JSON and the session's secret in a header. The answer is
// an `Answer`; the status of the HTTP answer is 200, or that of the error.

/** The header that carries the session's secret. */
export type SessionHeader = 'x-leasehold-session'

/** What the console looks at, and what it may do there. */
export type ConsoleTarget = {
  /** `local stack at http://127.0.0.1:4747`, `stack orders`, `API at https://…` */
  readonly name: string
  readonly kind: 'local' | 'deployed'
  readonly region?: string
  /** Whether the operations of `Writes` are carried out. If not, they are refused with the code `read_only`. */
  readonly writes: boolean
  /** Whether the page hides inputs, outputs and payloads until a person reveals them. */
  readonly valuesHidden: boolean
  /** Options that name the same target to the command: `--stack orders --region eu-west-1`. */
  readonly options: string
  readonly versions: {
    /** Of the package that serves this console. */
    readonly console: string
    /** Of the package that made the stack; absent if the target does not say. */
    readonly stack?: string
  }
}

type Nothing = Readonly<Record<string, never>>
type ById = { readonly id: string }

export type Reads = {
  readonly target: { readonly params: Nothing; readonly value: ConsoleTarget }
  readonly list: {
    readonly params: {
      readonly kind?: string
      readonly scope?: string
      readonly status?: Status
      /** Created at this epoch millisecond or later. */
      readonly from?: number
      /** Created before this epoch millisecond. */
      readonly to?: number
      readonly limit?: number
      readonly cursor?: string
    }
    readonly value: Page<ListedProcess>
  }
  readonly attention: { readonly params: AttentionQuery; readonly value: Page<AttentionRow> }
  readonly counts: { readonly params: { readonly kind?: string }; readonly value: readonly KindCounts[] }
  readonly kinds: { readonly params: Nothing; readonly value: readonly KindView[] }
  /** With its lease, if it runs. */
  readonly show: { readonly params: ById; readonly value: ProcessView }
  /** Entries above `after`, at most `limit` (100). An empty page of an open process means: none yet. */
  readonly history: {
    readonly params: ById & { readonly after?: number; readonly limit?: number }
    readonly value: EventsPage
  }
  readonly children: { readonly params: ById; readonly value: readonly ChildView[] }
  /** A value that the history only has by its size. Number 0 is the input. */
  readonly payload: { readonly params: ById & { readonly seq: number }; readonly value: PayloadView }
  /** The output in full; absent if the process is open. */
  readonly result: {
    readonly params: ById
    readonly value: { readonly id: string; readonly status: Status; readonly output?: Output }
  }
  /** The places of a concurrency key. */
  readonly slots: { readonly params: { readonly key: string }; readonly value: SlotsView }
  readonly health: { readonly params: Nothing; readonly value: HealthView }
  /** Each look counts as a delivery, and hides the letters from other looks while it lasts. */
  readonly deadLetters: { readonly params: Nothing; readonly value: DeadLettersView }
}

/** A message that no worker could serve. */
export type DeadLetterRow = {
  readonly messageId: string
  /** The code of a worker's refusal, or `max_receives` if SQS moved the message after too many deliveries. */
  readonly code: string
  readonly reason: string
  /** Of the process, if the message names one. */
  readonly id?: string
  readonly type: 'start' | 'look' | 'unreadable'
  readonly sentAt: number
  /** Its start, if it is long. */
  readonly body: string
  /** Characters of the whole body. */
  readonly bodyLength: number
}
export type DeadLettersView = {
  readonly letters: readonly DeadLetterRow[]
  /** There may be others. */
  readonly more: boolean
}

type Request = ById & { readonly reason?: string }
type ByMessage = { readonly messageId: string }

/** Each may be repeated: the key, the id or the token makes it count once. */
export type Writes = {
  readonly start: {
    readonly params: {
      readonly kind: string
      readonly id: string
      readonly input: Json
      readonly scope?: string
      /** Epoch milliseconds. */
      readonly startAt?: number
      readonly urgent?: boolean
    }
    readonly value: ProcessView
  }
  readonly signal: {
    readonly params: ById & { readonly name: string; readonly key: string; readonly payload?: Json }
    readonly value: { readonly fresh: boolean }
  }
  readonly cancel: { readonly params: Request; readonly value: ProcessView }
  readonly abandon: { readonly params: Request; readonly value: ProcessView }
  readonly resume: { readonly params: ById; readonly value: ProcessView }
  /** `as`: the id of the new process; default the old id and `.retry`. The value is the new process. */
  readonly retry: { readonly params: ById & { readonly as?: string }; readonly value: ProcessView }
  readonly callbackComplete: {
    readonly params: { readonly token: string; readonly value?: Json }
    readonly value: { readonly fresh: boolean }
  }
  /** Gives back the place of a process that has ended or is gone. */
  readonly releaseSlot: {
    readonly params: ById & { readonly key: string }
    readonly value: SlotRelease
  }
  /** Sends the message to the queue that it came from. */
  readonly redriveDeadLetter: { readonly params: ByMessage; readonly value: ByMessage }
  readonly deleteDeadLetter: { readonly params: ByMessage; readonly value: ByMessage }
  readonly callbackFail: {
    readonly params: { readonly token: string; readonly message: string; readonly code?: string }
    readonly value: { readonly fresh: boolean }
  }
}

export type Operations = Reads & Writes
export type OperationName = keyof Operations
export type ParamsOf<Name extends OperationName> = Operations[Name]['params']
export type ValueOf<Name extends OperationName> = Operations[Name]['value']

/**
 * `code` is one of docs/errors.md, or of the console itself: `session_refused` (401: the address is of an earlier session),
 * `read_only` (403), `unknown_operation` (404), `older_stack` (501: the stack's API lacks the route), `unreachable` (502). Of dead
 * letters: `no_queues` (501: the target does not name its queues), `unknown_dead_letter` (404), `queue_refused` (403),
 * `queue_failed` (502).
 */
export type ConsoleError = { readonly code: string; readonly message: string; readonly status: number }

export type Answer<Name extends OperationName> =
  | { readonly value: ValueOf<Name> }
  | { readonly error: ConsoleError }
