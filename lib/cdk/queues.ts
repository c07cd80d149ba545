import { Duration } from 'aws-cdk-lib'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Queue, QueueEncryption, type QueueProps } from 'aws-cdk-lib/aws-sqs'
import { Construct } from 'constructs'
import type { QueueShape } from '../queue/shape.ts'
import { grantTo } from './granting.ts'

/**
 * The work queue, where wake-ups and start messages wait, and the dead-letter queue for what cannot be understood or
 * crashes its worker again and again. Encrypted at rest, and closed to anything but TLS.
 */
export class WorkQueues extends Construct {
  readonly work: Queue
  /** For processes that are started as urgent: its messages do not wait behind the others. */
  readonly urgent: Queue
  /** For processes whose worker died: its messages are delivered one by one, so that what kills a worker kills no other process. */
  readonly isolation: Queue
  readonly deadLetter: Queue

  constructor(scope: Construct, id: string, shape: QueueShape) {
    super(scope, id)
    this.deadLetter = new Queue(this, 'DeadLetter', deadLetterProps(shape))
    this.work = this.workQueue('Work', shape)
    this.urgent = this.workQueue('Urgent', shape)
    this.isolation = this.workQueue('Isolation', shape)
  }

  private workQueue(id: string, shape: QueueShape): Queue {
    return new Queue(this, id, {
      visibilityTimeout: Duration.millis(shape.work.visibilityTimeoutMs),
      retentionPeriod: Duration.millis(shape.work.retentionMs),
      receiveMessageWaitTime: Duration.millis(shape.work.receiveWaitMs),
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      deadLetterQueue: { queue: this.deadLetter, maxReceiveCount: shape.work.maxReceiveCount },
    })
  }

  /** To send start messages and wake-ups. IAM cannot tell them apart; a wake-up is a hint and starts nothing. */
  grantSend(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [this.work.queueArn, this.urgent.queueArn],
    })
  }

  /** A worker wakes others, and moves away what can never work, with the reason. */
  grantRun(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['sqs:SendMessage'],
      resourceArns: [...this.polled, this.deadLetter].map(({ queueArn }) => queueArn),
    })
  }

  /** The sweep sends wake-ups, and looks at the queue's length first, so that a backlog breeds no wake-ups. */
  grantSweep(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['sqs:SendMessage', 'sqs:GetQueueAttributes'],
      resourceArns: this.polled.map(({ queueArn }) => queueArn),
    })
  }

  /** To see how long the queues are. */
  grantWatch(grantee: IGrantable): Grant {
    return grantTo(this, {
      grantee,
      actions: ['sqs:GetQueueAttributes'],
      resourceArns: [...this.polled, this.deadLetter].map(({ queueArn }) => queueArn),
    })
  }

  /** Those that the worker is invoked for. */
  get polled(): readonly Queue[] {
    return [this.work, this.urgent, this.isolation]
  }
}

/** A queue where nothing is worked on: what lies there waits for people, for as long as SQS keeps it. */
export function deadLetterProps(shape: Pick<QueueShape, 'deadLetter'>): QueueProps {
  return {
    retentionPeriod: Duration.millis(shape.deadLetter.retentionMs),
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
  }
}
