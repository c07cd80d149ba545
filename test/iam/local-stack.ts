import { startLocalStack, type LocalStack, type LocalStackOptions } from '../../lib/local/stack.ts'
import { functionCredentials } from '../../lib/local/credentials.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { DeployedShape } from '../helpers/template.ts'
import { rolesOf } from '../helpers/rights.ts'
import { judge } from './judge.ts'
import { startIamProxy, type Decision } from './proxy.ts'
import type { Things } from './requests.ts'

/** The local functions and the roles that the template gives the deployed ones. */
export const ROLE_OF: ReadonlyMap<string, string> = new Map([
  [functionCredentials('worker').accessKeyId, 'Worker/Handler/Role'],
  [functionCredentials('sweep').accessKeyId, 'Sweep/Handler/Role'],
  [functionCredentials('api').accessKeyId, 'Api/Handler/Role'],
  [functionCredentials('status-events').accessKeyId, 'StatusEvents/Handler/Role'],
])

export type JudgedStack = {
  readonly stack: LocalStack
  /** Every decision so far, in order. */
  readonly decisions: readonly Decision[]
  /** All rights of the functions, each as `role: action on thing`. */
  readonly rights: readonly string[]
  stop(): Promise<void>
}

/** A local stack whose functions may do what their roles of the synthesised template allow, and nothing else. */
export async function startJudgedStack(
  options: LocalStackOptions & { readonly name: string; readonly dynamoEndpoint: string },
  entry: string,
): Promise<JudgedStack> {
  const shape = new DeployedShape({ workerEntry: entry, sweepEntry: entry })
  const rightsByRole = new Map(rolesOf(shape).map(({ path, rights }) => [path, rights]))
  shape[Symbol.dispose]()
  const decisions: Decision[] = []
  const rightsOf = (accessKeyId: string): readonly string[] | undefined => {
    const role = ROLE_OF.get(accessKeyId)
    return role === undefined ? undefined : rightsByRole.get(role)
  }
  const judged = {
    things: () => thingsOf(options.name),
    rightsOf,
    onDecision: (decision: Decision) => void decisions.push(decision),
  }
  const sqs = await startSqs({ region: 'us-east-1' })
  const [dynamoProxy, sqsProxy] = await Promise.all([
    startIamProxy({ ...judged, endpoint: options.dynamoEndpoint }),
    startIamProxy({ ...judged, endpoint: sqs.endpoint }),
  ])
  const stack = await startLocalStack({
    ...options,
    dynamoEndpoint: dynamoProxy.endpoint,
    sqsEndpoint: sqsProxy.endpoint,
    busFault(_entries, accessKeyId) {
      const needed = { right: 'events:PutEvents on StatusEvents/Bus' }
      const decision = { accessKeyId, needed, ...judge(rightsOf(accessKeyId) ?? [], needed) }
      decisions.push(decision)
      return decision.allowed ? undefined : { refuse: () => 'AccessDeniedException' }
    },
  })
  return {
    stack,
    decisions,
    rights: [...ROLE_OF.values()].flatMap((role) =>
      (rightsByRole.get(role) ?? []).map((right) => `${role}: ${right}`),
    ),
    async stop() {
      await stack.stop()
      await Promise.all([dynamoProxy.stop(), sqsProxy.stop(), sqs.stop()])
    },
  }
}

function thingsOf(name: string): Things {
  return {
    tables: new Map([[name, 'Processes/Table']]),
    queues: new Map([
      [`${name}-work`, 'Queues/Work'],
      [`${name}-urgent`, 'Queues/Urgent'],
      [`${name}-isolation`, 'Queues/Isolation'],
      [`${name}-dead-letter`, 'Queues/DeadLetter'],
      [`${name}-status-events-dead-letter`, 'StatusEvents/DeadLetter'],
    ]),
  }
}
