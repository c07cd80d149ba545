import type { SQSClient } from '@aws-sdk/client-sqs'
import type { StackOutput } from '../client/http/stack-output.ts'
import type { AwsIdentity } from './credentials.ts'
import { UsageError } from './errors.ts'
import type { Target } from './target.ts'

/** The queues of a system, with a client that has the operator's own rights. */
export type QueueAccess = {
  readonly client: SQSClient
  readonly work: string
  readonly urgent: string
  readonly deadLetters: string
}

/** The queues that the output of a stack names. */
export async function queuesOfStack(
  { queue: work, urgentQueue: urgent, deadLetters, region }: StackOutput,
  { credentials }: AwsIdentity,
): Promise<QueueAccess> {
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  const { OUTSIDE_PATIENCE } = await import('../host/clients.ts')
  const client = new SQSClient({ region, credentials, requestHandler: OUTSIDE_PATIENCE })
  return { client, work, urgent, deadLetters }
}

/** Throws `UsageError` for a target that does not say where its queues are. */
export async function queuesOfTarget(target: Target): Promise<QueueAccess> {
  if (target.kind !== 'local' || target.queues === undefined)
    throw new UsageError('this target does not name its queues: name the system by --stack NAME or --local')
  const { endpoint, region, work, urgent, deadLetters } = target.queues
  const { SQSClient } = await import('@aws-sdk/client-sqs')
  const { OUTSIDE_PATIENCE } = await import('../host/clients.ts')
  const { LOCAL_CREDENTIALS } = await import('../local/credentials.ts')
  const client = new SQSClient({
    region,
    endpoint,
    useQueueUrlAsEndpoint: false,
    credentials: LOCAL_CREDENTIALS,
    requestHandler: OUTSIDE_PATIENCE,
  })
  return { client, work, urgent, deadLetters }
}
