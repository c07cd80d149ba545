import { createRequire } from 'node:module'
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { STACK_OUTPUT, type StackOutput } from '../client/http/stack-output.ts'
import type { DurableProcesses } from './durable-processes.ts'

/** Writes where everything of the construct is, so that the command `leasehold --stack NAME` finds it. */
export function writeStackOutput(processes: DurableProcesses, isFirst: boolean): void {
  const { table, queues, api, statusEvents, settings } = processes
  const stack = Stack.of(processes)
  const value: StackOutput = {
    v: 1,
    version: versionOf(),
    region: stack.region,
    ...(api === undefined ? {} : { api: { url: api.url, auth: settings.apiAuth } }),
    table: table.table.tableName,
    queue: queues.work.queueUrl,
    urgentQueue: queues.urgent.queueUrl,
    deadLetters: queues.deadLetter.queueUrl,
    ...(statusEvents === undefined ? {} : { bus: statusEvents.bus.eventBusName }),
  }
  const description = 'Endpoints of durable processes, for the command leasehold'
  const output = new CfnOutput(processes, 'Output', { value: stack.toJsonString(value), description })
  output.overrideLogicalId(isFirst ? STACK_OUTPUT : `${STACK_OUTPUT}${processes.node.addr.slice(-8)}`)
}

/** Of this package: it finds itself by its name, from the sources and as it is installed. */
function versionOf(): string {
  const described = createRequire(import.meta.url)('leasehold/package.json') as { version: string }
  return described.version
}
