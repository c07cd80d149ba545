import {
  CompletionConflict,
  CompletionRefused,
  Contended,
  Forbidden,
  InvalidId,
  InvalidInput,
  KeyConflict,
  MethodNotAllowed,
  NoLongerRetained,
  NotSerialisable,
  PayloadTooLarge,
  ProcessEnded,
  ProcessOpen,
  RegistrationConflict,
  SignalRefused,
  SlotInUse,
  StoreUnavailable,
  Throttled,
  Unauthenticated,
  UnknownKind,
  UnknownProcess,
  UnknownRoute,
  UnsupportedContent,
  type Issue,
  type LeaseholdError,
} from '../../model/errors.ts'

/** What a refusal of the API says, as far as this client reads it. */
export type ReadProblem = {
  readonly code: string
  readonly detail: string
  readonly issues: readonly Issue[]
  readonly facts: Readonly<Record<string, unknown>>
}

type Make = (text: (name: string) => string, problem: ReadProblem) => LeaseholdError

/** The class of each code: the same classes as the direct client throws. */
const CLASSES: Readonly<Record<string, Make>> = {
  invalid_id: (text) => new InvalidId({ field: text('field'), got: undefined, pattern: text('pattern') }),
  invalid_input: (text, { issues }) => new InvalidInput({ what: text('what'), issues }),
  not_serialisable: (text) =>
    new NotSerialisable({ what: text('what'), path: text('path'), found: text('found') }),
  unknown_kind: (text) => new UnknownKind({ kind: text('kind'), known: [] }),
  unauthenticated: () => new Unauthenticated(),
  forbidden: (text) => new Forbidden({ needs: text('needs') }),
  completion_refused: (text) =>
    new CompletionRefused({
      id: text('id'),
      because: text('because') === 'token' ? 'token' : 'disposition',
    }),
  unknown_process: (text) => new UnknownProcess({ id: text('id') }),
  no_longer_retained: (text, { facts }) =>
    new NoLongerRetained({ id: text('id'), keptUntil: Number(facts['keptUntil']) }),
  unknown_route: () => new UnknownRoute(),
  method_not_allowed: (text) => new MethodNotAllowed({ allow: text('allow') }),
  registration_conflict: (text) =>
    new RegistrationConflict({
      id: text('id'),
      stored: text('stored'),
      asked: text('asked'),
      differ: text('differ'),
    }),
  completion_conflict: (text) =>
    new CompletionConflict({ id: text('id'), recorded: text('recorded'), asked: text('asked') }),
  key_conflict: (text) => new KeyConflict({ id: text('id'), key: text('key') }),
  process_ended: (text) => new ProcessEnded({ id: text('id'), status: text('status'), asked: text('asked') }),
  process_open: (text) => new ProcessOpen({ id: text('id'), status: text('status'), asked: text('asked') }),
  signal_refused: (text) =>
    new SignalRefused({ id: text('id'), asked: text('asked'), because: text('because') }),
  slot_in_use: (text) => new SlotInUse({ id: text('id'), key: text('key'), status: text('status') }),
  payload_too_large: (text, { facts }) =>
    new PayloadTooLarge({
      what: text('what'),
      bytes: Number(facts['bytes']),
      maxBytes: Number(facts['maxBytes']),
    }),
  unsupported_content: (text) => new UnsupportedContent({ reason: text('reason') }),
  throttled: (text) => new Throttled({ reason: text('reason') }),
  contended: (text, { facts }) =>
    new Contended({ id: text('id'), operation: text('operation'), tries: Number(facts['tries']) }),
  store_unavailable: (text, { facts }) =>
    new StoreUnavailable(
      { operation: text('operation'), tries: Number(facts['tries']), reason: text('reason') },
      undefined,
    ),
}

/** The error that a problem tells of, in the words of the API. Undefined where this client knows no such code. */
export function errorOf(problem: ReadProblem): LeaseholdError | undefined {
  const make = Object.hasOwn(CLASSES, problem.code) ? CLASSES[problem.code] : undefined
  const error = make?.((name) => textOf(problem.facts[name]), problem)
  // Made again from its facts it might say less than it did there.
  if (error !== undefined) error.message = problem.detail
  return error
}

/** Undefined where the value is no problem of ours: a platform in between has answers of its own. */
export function readProblem(value: unknown): ReadProblem | undefined {
  if (!isObject(value) || typeof value['code'] !== 'string') return undefined
  const { code, detail, issues, facts } = value
  return {
    code,
    detail: typeof detail === 'string' ? detail : code,
    issues: Array.isArray(issues) ? issues.flatMap(readIssue) : [],
    facts: isObject(facts) ? facts : {},
  }
}

function readIssue(value: unknown): Issue[] {
  return isObject(value) ? [{ path: String(value['path']), message: String(value['message']) }] : []
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** A fact as an error's message names it. */
function textOf(fact: unknown): string {
  if (typeof fact === 'string') return fact
  return fact === undefined || fact === null ? '' : JSON.stringify(fact)
}
