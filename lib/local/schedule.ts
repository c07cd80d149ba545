import { randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'

export type Schedule = {
  /** Begins no further invocation, and resolves when the one in progress has ended. */
  stop(): Promise<void>
}

/**
 * Invokes at once and then every `everyMs`, as EventBridge Scheduler does, but never while the one before runs: what
 * takes longer than the interval is followed at once by the next.
 */
export function startSchedule(options: {
  readonly everyMs: number
  readonly region: string
  readonly invoke: (event: ScheduledEvent) => Promise<unknown>
}): Schedule {
  const stopping = new AbortController()
  const running = run(options, stopping.signal)
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}

/** What a schedule without an input of its own sends. */
export type ScheduledEvent = {
  readonly version: '0'
  readonly id: string
  readonly 'detail-type': 'Scheduled Event'
  readonly source: 'aws.scheduler'
  readonly account: string
  readonly time: string
  readonly region: string
  readonly resources: readonly string[]
  readonly detail: string
}

async function run(
  { everyMs, region, invoke }: Parameters<typeof startSchedule>[0],
  signal: AbortSignal,
): Promise<void> {
  let dueAt = Date.now()
  while (!signal.aborted) {
    await invoke(scheduledEvent(region, new Date()))
    // Read once: a clock that moves on between two looks would make a delay under zero.
    const now = Date.now()
    dueAt = Math.max(dueAt + everyMs, now)
    await pause(dueAt - now, undefined, { signal }).catch(() => undefined)
  }
}

function scheduledEvent(region: string, time: Date): ScheduledEvent {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.scheduler',
    account: '000000000000',
    time: time.toISOString().replace(/\.\d+Z$/u, 'Z'),
    region,
    resources: [`arn:aws:scheduler:${region}:000000000000:schedule/default/leasehold-sweep`],
    detail: '{}',
  }
}
