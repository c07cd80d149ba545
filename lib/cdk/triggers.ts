import { Duration, Stack, Token } from 'aws-cdk-lib'
import { Rule, type IEventBus, type EventPattern, type IRuleTarget } from 'aws-cdk-lib/aws-events'
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam'
import {
  Schedule,
  ScheduleTargetInput,
  type IScheduleTarget,
  type ScheduleExpression,
} from 'aws-cdk-lib/aws-scheduler'
import { Queue } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { Json, JsonCheck, Refused } from '../model/json.ts'
import { InvalidConfig } from '../model/errors.ts'
import type { QueueShape } from '../queue/shape.ts'
import { excuse } from './acknowledged.ts'
import { deadLetterProps, type WorkQueues } from './queues.ts'
import { schedulerRole } from './scheduler-role.ts'
import { eventMessage, scheduleMessage, type EventStart, type ScheduleStart } from './trigger-message.ts'

/** A start that cannot be delivered for this long waits for people: the queue was gone, or closed to its sender. */
const TRIED_FOR = Duration.hours(24)
/** As many as the services allow within that time. */
const TRIES = 185

/** Letters of a message group that a rule takes; SQS itself takes 128. */
const RULE_GROUP_MAX = 100

export type EventTrigger = EventStart & {
  readonly eventPattern: EventPattern
  /** Default: the account's own. */
  readonly eventBus?: IEventBus
}

export type ScheduleTrigger<Input = Json> = ScheduleStart<Input> & {
  /** `ScheduleExpression.cron({ hour: '8', timeZone })`, `.rate(…)` or `.at(…)`. */
  readonly schedule: ScheduleExpression
}

/**
 * Rules and schedules that start processes: each sends a start message to the work queue, with an id from the event or
 * the scheduled time. What cannot be delivered goes to a queue of its own, since a rule leaves the event there and not
 * the message.
 */
export class Triggers extends Construct {
  readonly undelivered: Queue
  readonly #queues: WorkQueues

  constructor(scope: Construct, id: string, { queues, shape }: { queues: WorkQueues; shape: QueueShape }) {
    super(scope, id)
    this.#queues = queues
    this.undelivered = new Queue(this, 'Undelivered', deadLetterProps(shape))
    excuse(
      this.undelivered,
      'AwsSolutions-SQS3',
      'It is a dead-letter queue itself: of rules and schedules, not of a queue.',
    )
  }

  addEvent(id: string, { eventPattern, eventBus, ...start }: EventTrigger): Rule {
    if (eventBus !== undefined) expectOwnAccount(this, eventBus)
    const input = eventMessage(start)
    const queue = this.#queueOf(start)
    const target: IRuleTarget = {
      bind: () => ({
        arn: queue.queueArn,
        input,
        // As wake-ups do, so that a burst of events of one kind or scope does not hold up the others.
        sqsParameters: { messageGroupId: (start.scope ?? start.kind).slice(0, RULE_GROUP_MAX) },
        deadLetterConfig: { arn: this.undelivered.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: TRIED_FOR.toSeconds(), maximumRetryAttempts: TRIES },
      }),
    }
    const rule = new Rule(this, id, {
      description: `Leasehold: starts ${start.kind}`,
      eventPattern,
      targets: [target],
      ...(eventBus === undefined ? {} : { eventBus }),
    })
    for (const to of [queue, this.undelivered])
      to.addToResourcePolicy(
        new PolicyStatement({
          principals: [new ServicePrincipal('events.amazonaws.com')],
          actions: ['sqs:SendMessage'],
          resources: [to.queueArn],
          conditions: { ArnEquals: { 'aws:SourceArn': rule.ruleArn } },
        }),
      )
    return rule
  }

  addSchedule<Input = Json>(
    id: string,
    {
      schedule,
      ...start
    }: ScheduleTrigger<Input> & JsonCheck<Input, { readonly input: Refused<'JSON cannot hold this value'> }>,
  ): Schedule {
    const message = scheduleMessage(start)
    const queue = this.#queueOf(start)
    const role = schedulerRole(this, `${id}Role`, {
      Send: { actions: ['sqs:SendMessage'], resources: [queue.queueArn, this.undelivered.queueArn] },
    })
    const target: IScheduleTarget = {
      bind: () => ({
        arn: queue.queueArn,
        role,
        input: ScheduleTargetInput.fromText(message),
        deadLetterConfig: { arn: this.undelivered.queueArn },
        retryPolicy: { maximumEventAgeInSeconds: TRIED_FOR.toSeconds(), maximumRetryAttempts: TRIES },
      }),
    }
    return new Schedule(this, id, { description: `Leasehold: starts ${start.kind}`, schedule, target })
  }

  #queueOf({ urgent }: { readonly urgent?: boolean }): Queue {
    return urgent === true ? this.#queues.urgent : this.#queues.work
  }
}

/** A rule names its bus by its name only: one of another account, or Region, would be taken for one of the stack's own. */
function expectOwnAccount(scope: Construct, { env }: IEventBus): void {
  const { account, region } = Stack.of(scope)
  const differs = (theirs: string, own: string): boolean =>
    !Token.isUnresolved(theirs) && !Token.isUnresolved(own) && theirs !== own
  if (!differs(env.account, account) && !differs(env.region, region)) return
  const message = `is of ${env.account}/${env.region}, and a rule stands on a bus of its stack's own (${account}/${region}): forward the events to one there`
  throw new InvalidConfig({ issues: [{ path: 'eventBus', message }] })
}
