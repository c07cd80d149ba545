import { createRequire } from 'node:module'
import { CfnOutput, Stack } from 'aws-cdk-lib'
import { STACK_OUTPUT, type StackOutput } from '../client/http/stack-output.ts'
import type { Construct } from 'constructs'
import type { Settings } from './props.ts'

/** The construct, as far as its output describes it. */
type StackDescription = Construct & {
  readonly table: { readonly table: { readonly tableName: string } }
  readonly queues: { readonly [queue in 'work' | 'urgent' | 'deadLetter']: { readonly queueUrl: string } }
  readonly api: { readonly url: string } | undefined
  readonly statusEvents: { readonly bus: { readonly eventBusName: string } } | undefined
  readonly settings: Pick<Settings, 'apiAuth'>
}

/** Writes where everything of the construct is, so that the command `leasehold --stack NAME` finds it. */
export function writeStackOutput(processes: StackDescription, isFirst: boolean): void {
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
export function versionOf(): string {
  const described = createRequire(import.meta.url)('leasehold/package.json') as { version: string }
  return described.version
}
