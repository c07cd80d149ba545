type Metric = {
  readonly unit: 'Count' | 'Milliseconds'
  /** The function that tells it. */
  readonly from: 'worker' | 'sweep' | 'api' | 'statusEvents'
  readonly meaning: string
}

/**
 * Every metric of the library, in namespace `Leasehold` with one dimension, `service`: the name of the function. The table
 * of docs/telemetry.md is compared with this list; dashboards and alarms use its names.
 */
export const METRICS = {
  Claimed: { unit: 'Count', from: 'worker', meaning: 'a process was claimed, first or again' },
  Busy: {
    unit: 'Count',
    from: 'worker',
    meaning: "a claim found another owner's live lease and left it alone",
  },
  TookOver: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process was recovered from an owner that was gone, and runs alone until it makes progress',
  },
  SuspectMoved: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process whose worker died was found in a batch, and moved to the isolation queue',
  },
  DiedAlone: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process was recovered whose worker died while it ran nothing else; it counts against it',
  },
  LeaseLost: { unit: 'Count', from: 'worker', meaning: 'a run lost its lease and stopped' },
  Parked: { unit: 'Count', from: 'worker', meaning: 'a process was parked: it waits and holds nothing' },
  HandedOver: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a run ended with its invocation, and the next one continues',
  },
  Completed: { unit: 'Count', from: 'worker', meaning: 'a process ended completed' },
  Failed: { unit: 'Count', from: 'worker', meaning: 'a process ended failed' },
  Cancelled: { unit: 'Count', from: 'worker', meaning: 'a process ended cancelled' },
  Abandoned: { unit: 'Count', from: 'worker', meaning: 'a process ended abandoned' },
  EndToEnd: {
    unit: 'Milliseconds',
    from: 'worker',
    meaning: 'from registration to end, of a process that ended',
  },
  Stuck: {
    unit: 'Count',
    from: 'worker',
    meaning:
      'a process became stuck: its code no longer replays its journal, or a value of it is out of reach',
  },
  AttemptsExhausted: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process ended failed, since its workers died while they ran it alone',
  },
  UnknownKind: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process was left open, since its kind is not deployed',
  },
  SlotQueueFull: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a process found the queue of its concurrency key full, and asks again later',
  },
  StepRetried: {
    unit: 'Count',
    from: 'worker',
    meaning: 'an attempt of a step failed and the step is tried again',
  },
  SignalPayloadRefused: {
    unit: 'Count',
    from: 'worker',
    meaning: 'the schema of a wait refused the payload of a signal; the wait continues',
  },
  StepRunsLate: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a step was still running when 80 % of its invocation had passed',
  },
  EndIgnored: {
    unit: 'Count',
    from: 'worker',
    meaning: 'code still ran 30 s after its process was cancelled or timed out',
  },
  StrayRejection: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a promise of the code of a process was rejected, and no code handled it',
  },
  Rejected: { unit: 'Count', from: 'worker', meaning: 'a message was refused' },
  DeadLettered: { unit: 'Count', from: 'worker', meaning: 'a message was put into the dead-letter queue' },
  QueueAge: {
    unit: 'Milliseconds',
    from: 'worker',
    meaning: 'age of a start message when a worker took it up',
  },
  RunFailed: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a run, a message or a shard failed and is tried again',
  },
  SweepDue: { unit: 'Count', from: 'sweep', meaning: 'rows that a pass found due' },
  SweepWakeups: { unit: 'Count', from: 'sweep', meaning: 'wake-ups that a pass sent' },
  SweepHeldBack: {
    unit: 'Count',
    from: 'sweep',
    meaning: 'a queue was long: a pass woke dead owners and a few others only',
  },
  SweepTruncated: {
    unit: 'Count',
    from: 'sweep',
    meaning: 'a shard had more due rows than one pass reads; the next one continues from there',
  },
  OldestDue: {
    unit: 'Milliseconds',
    from: 'sweep',
    meaning: 'how long the oldest due row without a live lease is due',
  },
  UnreadableItem: {
    unit: 'Count',
    from: 'worker',
    meaning: 'a stored item could not be read, or a large value neither read nor stored, twice in a row',
  },
  StatusEventPublished: { unit: 'Count', from: 'statusEvents', meaning: 'events that the bus took' },
  StatusEventDelayed: {
    unit: 'Count',
    from: 'statusEvents',
    meaning: 'records given back to the stream, to be delivered again',
  },
  StatusEventDeadLettered: {
    unit: 'Count',
    from: 'statusEvents',
    meaning: 'a record was put among the dead letters',
  },
  ExpirySet: {
    unit: 'Count',
    from: 'statusEvents',
    meaning: 'items beside ended processes whose expiry was set',
  },
  Requested: { unit: 'Count', from: 'api', meaning: 'a request to the API was answered' },
  RequestFailed: {
    unit: 'Count',
    from: 'api',
    meaning: 'a request to the API failed, and not by its caller',
  },
  AuditBreach: {
    unit: 'Count',
    from: 'statusEvents',
    meaning: 'an open process was written that has no due time and waits for nothing',
  },
} as const satisfies Record<string, Metric>

/** Written at once: an alarm waits for it, or the worker that counts it may die in the next moment. */
export const AT_ONCE: ReadonlySet<CountName> = new Set<CountName>([
  'Stuck',
  'AttemptsExhausted',
  'UnreadableItem',
  'AuditBreach',
  'TookOver',
  'DiedAlone',
  'StepRunsLate',
  'EndIgnored',
])

export type MetricName = keyof typeof METRICS
/** Metrics that count, and metrics that measure. */
export type CountName = NamesOf<'Count'>
export type DurationName = NamesOf<'Milliseconds'>

type NamesOf<U extends Metric['unit']> = {
  [N in MetricName]: (typeof METRICS)[N]['unit'] extends U ? N : never
}[MetricName]
