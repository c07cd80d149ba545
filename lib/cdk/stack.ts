import { CfnOutput, Stack, type StackProps } from 'aws-cdk-lib'
import type { Construct } from 'constructs'
import { Leasehold, type LeaseholdProps } from './leasehold.ts'

/** `Leasehold` as a stack of its own. Its outputs are what a client or the CLI has to be told. */
export class LeaseholdStack extends Stack {
  readonly leasehold: Leasehold

  constructor(scope: Construct, id: string, props: LeaseholdProps & StackProps = {}) {
    super(scope, id, props)
    this.leasehold = new Leasehold(this, 'Leasehold', props)
    const { table, queues } = this.leasehold
    this.#tell('TableName', table.table.tableName)
    this.#tell('QueueUrl', queues.work.queueUrl)
    this.#tell('DeadLetterUrl', queues.deadLetter.queueUrl)
  }

  #tell(name: string, value: string): void {
    new CfnOutput(this, name, { value })
  }
}
