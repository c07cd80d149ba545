import { Duration } from 'aws-cdk-lib'
import type { Role } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import { type IScheduleTarget, Schedule, ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Construct } from 'constructs'
import { SWEEP_LOOP_TIMEOUT_MS } from '../model/limits.ts'
import type { QueueShape } from '../queue/shape.ts'
import { HandlerFile, isolationOf, placesOf } from './functions.ts'
import type { Settings } from './props.ts'
import type { WorkQueues } from './queues.ts'
import { schedulerRole } from './scheduler-role.ts'
import type { ProcessTable } from './table.ts'

export type SweepProps = {
  readonly entry: string
  readonly shape: QueueShape
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly settings: Settings
}

/** What EventBridge Scheduler offers at best. */
const MINUTE_MS = 60_000

/**
 * Finds what no wake-up will wake and wakes it, once a minute, every minute. Where a minute is too long, each
 * invocation makes several passes, on its own clock, and ends before the next.
 */
export class Sweep extends Construct {
  readonly handler: HandlerFile
  /** What the schedule may do: invoke the function, and no version or alias of it, as CDK's own target would allow. */
  readonly scheduleRole: Role
  /** Makes the first pass as soon as it is there. */
  readonly schedule: Schedule

  constructor(scope: Construct, id: string, { entry, shape, table, queues, settings }: SweepProps) {
    super(scope, id)
    const { everyMs } = shape.sweep
    const several = everyMs < MINUTE_MS
    const every = Duration.millis(Math.max(everyMs, MINUTE_MS))
    this.handler = new HandlerFile(this, 'Handler', {
      name: 'sweep',
      entry,
      description: 'Leasehold: wakes processes that are due',
      timeoutMs: several ? SWEEP_LOOP_TIMEOUT_MS : shape.sweep.timeoutMs,
      memoryMb: shape.sweep.memoryMb,
      environment: {
        ...placesOf(table, queues),
        ...isolationOf(queues),
        LEASEHOLD_SWEEP_EVERY_MS: String(everyMs),
        ...(several ? { LEASEHOLD_SWEEP_FOR_MS: String(MINUTE_MS) } : {}),
      },
      settings,
      // A pass that failed or came late is not repeated: the next one finds all that it left, and comes within a minute.
      retryAttempts: 0,
      maxEventAge: every,
    })
    table.grantSweep(this.handler.role)
    queues.grantSweep(this.handler.role)
    this.scheduleRole = schedulerRole(this, 'ScheduleRole', {
      Invoke: { actions: ['lambda:InvokeFunction'], resources: [this.handler.function.functionArn] },
    })
    this.schedule = new Schedule(this, 'Schedule', {
      description: 'Leasehold: the sweep',
      schedule: ScheduleExpression.rate(every),
      target: target(this.handler.function, this.scheduleRole, every),
    })
  }
}

function target(invoked: IFunction, role: Role, every: Duration): IScheduleTarget {
  const retryPolicy = { maximumRetryAttempts: 0, maximumEventAgeInSeconds: every.toSeconds() }
  return { bind: () => ({ arn: invoked.functionArn, role, retryPolicy }) }
}
