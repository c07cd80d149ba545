// The catalogue of errors, by topic. All other modules import errors from this file.

export { given, LeaseholdError, type Blame, type Issue, type Next } from './errors/base.ts'
export {
  CompletionConflict,
  CompletionRefused,
  InvalidId,
  InvalidInput,
  InvalidMessage,
  KeyConflict,
  NoLongerRetained,
  PayloadTooLarge,
  ProcessCancelled,
  ProcessEnded,
  ProcessOpen,
  ProcessStuck,
  RegistrationConflict,
  SignalRefused,
  ConcurrencyQueueFull,
  UnknownProcess,
} from './errors/asked.ts'
export { SlotInUse } from './errors/places.ts'
export {
  ChildFailed,
  EffectRefused,
  JournalFull,
  NonDeterminism,
  NonRetryable,
  NotSerialisable,
  ProcessTimedOut,
  StepFailed,
  StepInterrupted,
  StepTimedOut,
  WaitTimedOut,
} from './errors/run.ts'
export {
  Contended,
  DurabilityMismatch,
  HostShutDown,
  InvalidConfig,
  InvariantBroken,
  LeaseLost,
  PayloadUnavailable,
  StoreUnavailable,
  UnknownKind,
  UnreadableItem,
} from './errors/host.ts'
export {
  Forbidden,
  MethodNotAllowed,
  RequestFailed,
  Throttled,
  Unauthenticated,
  UnknownRoute,
  UnsupportedContent,
} from './errors/http.ts'
