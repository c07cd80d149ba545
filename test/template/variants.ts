import { App, Stack, type StackProps } from 'aws-cdk-lib'
import { Key } from 'aws-cdk-lib/aws-kms'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import { Topic } from 'aws-cdk-lib/aws-sns'
import { DurableProcesses } from '../../lib/cdk/durable-processes.ts'
import type { DurableProcessesProps } from '../../lib/cdk/props.ts'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'
import { flags } from '../helpers/template.ts'

const ENTRY = import.meta.filename
const OWN = { workerEntry: ENTRY }

/** An app whose templates are made in `outdir`. */
export function appWith(outdir: string, fill: (app: App) => void): App {
  // What CDK's own validation calls an error stays one, and is no warning.
  const context = { ...flags(), '@aws-cdk/core:validateAgainstDefaultRules': true }
  const app = new App({ outdir, context })
  fill(app)
  return app
}
function stack(props: DurableProcessesProps = {}, more: StackProps = {}): (app: App) => void {
  return (app) => void new LeaseholdStack(app, 'Leasehold', { ...more, processes: { ...OWN, ...props } })
}

function withAllParts(app: App): void {
  const own = new Stack(app, 'All', { env: { region: 'eu-central-1' } })
  const topic = new Topic(own, 'OnCall', { enforceSSL: true })
  const processes = new DurableProcesses(own, 'Processes', {
    ...OWN,
    apiEntry: ENTRY,
    statusEventsEntry: ENTRY,
    payloadBucket: true,
    encryptionKey: new Key(own, 'Key', { enableKeyRotation: true }),
    sweepEveryMs: 15_000,
    apiTokenRoutes: true,
    alarmTopic: topic,
    alarmOkTopic: topic,
    reservedInvocations: 300,
  })
  processes.addTrigger('Paid', { kind: 'ship', eventPattern: { source: ['shop'] } })
  processes.addSchedule('Nightly', { kind: 'report', schedule: ScheduleExpression.cron({ hour: '3' }) })
}

/** The shapes of the construct that a team may deploy. */
export const VARIANTS: readonly (readonly [string, (app: App) => void])[] = [
  ['by default', stack()],
  ['at its smallest', stack({ workerMemoryMb: 256, maxInvocations: 2, concurrency: 1, batchSize: 1 })],
  [
    'with tokens of an issuer',
    stack({ apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['leasehold'] }),
  ],
  ['with all parts and a key of its own', withAllParts],
  [
    'twice in a stack',
    (app) => {
      const own = new Stack(app, 'Two')
      for (const id of ['A', 'B']) new DurableProcesses(own, id, OWN)
    },
  ],
  [
    'in two stacks of an account',
    (app) => {
      for (const id of ['One', 'Other']) new LeaseholdStack(app, id, { processes: OWN })
    },
  ],
  ['in China', stack({}, { env: { region: 'cn-north-1' } })],
  ['in GovCloud', stack({}, { env: { region: 'us-gov-west-1' } })],
  [
    'with every part off',
    stack({ api: false, statusEvents: false, alarms: false, dashboard: false, tracing: false }),
  ],
]
