import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { DurableProcesses } from './durable-processes.ts'
import { InvalidConfig } from '../model/errors.ts'
import { suggestion } from '../model/suggestion.ts'
import { PROPS } from './checked-props.ts'
import type { DurableProcessesProps } from './props.ts'

export type LeaseholdStackProps = StackProps & {
  readonly processes?: DurableProcessesProps
}

/**
 * `DurableProcesses` as a stack of its own. Its outputs are what a client or the CLI has to be told. Protected from deletion
 * unless `terminationProtection` is false: the work queues, with the messages in them, go with their stack.
 */
export class LeaseholdStack extends Stack {
  readonly processes: DurableProcesses

  constructor(scope: Construct, id: string, { processes, ...props }: LeaseholdStackProps = {}) {
    expectPlaces(props)
    super(scope, id, { terminationProtection: true, ...props })
    this.processes = new DurableProcesses(this, 'Leasehold', processes)
    const { table, queues, api, statusEvents } = this.processes
    this.#tell('TableName', table.table.tableName)
    this.#tell('QueueUrl', queues.work.queueUrl)
    this.#tell('UrgentQueueUrl', queues.urgent.queueUrl)
    this.#tell('DeadLetterUrl', queues.deadLetter.queueUrl)
    if (api !== undefined) this.#tell('ApiUrl', api.url)
    if (statusEvents !== undefined) this.#tell('EventBusName', statusEvents.bus.eventBusName)
  }

  #tell(name: string, value: string): void {
    new CfnOutput(this, name, { value })
  }
}

/** CDK passes over props that a stack does not have: those of the processes, put one level too high, would have no effect. */
function expectPlaces(props: object): void {
  const issues = Object.keys(props).flatMap((path) => {
    if (Object.hasOwn(PROPS, path))
      return [{ path, message: `is no prop of a stack: write processes: { ${path}: … }` }]
    const meant = suggestion(path, ['processes'])
    return meant.startsWith('did') ? [{ path, message: `no such prop; ${meant}` }] : []
  })
  if (issues.length > 0) throw new InvalidConfig({ issues })
}
