import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import type { IRole } from 'aws-cdk-lib/aws-iam'
import type { IFunction } from 'aws-cdk-lib/aws-lambda'
import type { Construct, IConstruct } from 'constructs'
import type { DurableProcessesProps } from '../../lib/cdk/props.ts'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'

export type Resource = { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string }

/** The stack as it would be deployed, but with no code bundled; its feature flags are those of cdk.json. */
export class DeployedShape implements Disposable {
  readonly app: App
  readonly stack: LeaseholdStack
  readonly #outdir = mkdtempSync(join(tmpdir(), 'leasehold-cdk-'))
  #template: Template | undefined
  #names: ReadonlyMap<string, string> | undefined

  constructor(
    props: DurableProcessesProps = {},
    /** Props that are constructs, and have to be made in an app. */
    made?: (scope: Construct) => DurableProcessesProps,
  ) {
    const cdk: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'))
    const context = { ...(cdk as { context: object }).context, 'aws:cdk:bundling-stacks': [] }
    this.app = new App({ outdir: this.#outdir, context })
    const env = made === undefined ? {} : { env: { region: 'eu-central-1' } }
    const others = made?.(new Stack(this.app, 'Beside', env))
    this.stack = new LeaseholdStack(this.app, 'Leasehold', { ...env, processes: { ...props, ...others } })
  }

  /** What the template says of a construct's resource. */
  resource(construct: IConstruct): Resource {
    const id = this.idOf(construct)
    return this.template.toJSON().Resources[id]
  }

  /** Resources of a type whose property refers to the construct, by name or by ARN. */
  pointingAt(type: string, property: string, construct: IConstruct): Resource[] {
    const id = this.idOf(construct)
    const resources: Resource[] = Object.values(this.template.toJSON().Resources)
    return resources.filter(
      (resource) =>
        resource.Type === type && JSON.stringify(resource.Properties[property]).includes(`"${id}"`),
    )
  }

  /** All that a function's role may do, as `action on thing`; a resource that has no name here stands as it is. */
  rightsOf(lambda: IFunction): string[] {
    if (lambda.role === undefined) throw new Error('a function without a role')
    return this.rightsOfRole(lambda.role)
  }

  rightsOfRole(of: IRole): string[] {
    const role = of.node.defaultChild ?? of
    const own = this.resource(role).Properties
    const inline = (own['Policies'] ?? []) as { PolicyDocument: unknown }[]
    const managed = (own['ManagedPolicyArns'] ?? []) as unknown[]
    const attached = this.pointingAt('AWS::IAM::Policy', 'Roles', role).map((policy) => policy.Properties)
    const documents = [...inline, ...attached].map((policy) => policy['PolicyDocument'])
    return [
      ...managed.map((arn) => `managed policy ${JSON.stringify(arn)}`),
      ...documents.flatMap((document) => this.statementsOf(document)),
    ].sort()
  }

  statementsOf(document: unknown): string[] {
    return (document as { Statement: Record<string, unknown>[] }).Statement.flatMap((statement) =>
      [statement['Action']]
        .flat()
        .flatMap((action) =>
          [statement['Resource']].flat().map((resource) => `${String(action)} on ${this.#named(resource)}`),
        ),
    )
  }

  get template(): Template {
    return (this.#template ??= Template.fromStack(this.stack))
  }

  idOf(construct: IConstruct): string {
    const resource = construct.node.defaultChild ?? construct
    return this.stack.resolve((resource as unknown as { logicalId: unknown }).logicalId) as string
  }

  #named(resource: unknown): string {
    const text = JSON.stringify(resource)
    // What an HTTP API is asked, without the address that stands before it.
    const request = /\/\$default\/([^"]+)"/u.exec(text)
    return (this.#names ??= this.#nameAll()).get(text) ?? request?.[1] ?? text
  }

  /** What the construct made, by the ARN as the template has it. */
  #nameAll(): ReadonlyMap<string, string> {
    const { table, queues, worker, sweep, api, outcomes, payloads, undelivered } = this.stack.processes
    const names = {
      table: table.table.tableArn,
      'index due': `${table.table.tableArn}/index/due`,
      'index list': `${table.table.tableArn}/index/list`,
      'work queue': queues.work.queueArn,
      'urgent queue': queues.urgent.queueArn,
      'dead-letter queue': queues.deadLetter.queueArn,
      'worker logs': worker.handler.function.logGroup.logGroupArn,
      'sweep logs': sweep.handler.function.logGroup.logGroupArn,
      sweep: sweep.handler.function.functionArn,
      ...(api && { 'api logs': api.handler.function.logGroup.logGroupArn }),
      ...(outcomes && {
        'outcomes logs': outcomes.handler.function.logGroup.logGroupArn,
        'event bus': outcomes.bus.eventBusArn,
        stream: table.table.tableStreamArn ?? '',
        'outcomes dead-letter queue': outcomes.deadLetter.queueArn,
      }),
      ...(payloads && { 'objects of the bucket': payloads.bucket.arnForObjects('*') }),
      ...(undelivered && { 'undelivered queue': undelivered.queueArn }),
      anything: '*',
    }
    const arns = Object.entries(names).map(
      ([name, arn]) => [JSON.stringify(this.stack.resolve(arn)), name] as const,
    )
    return new Map(arns)
  }

  [Symbol.dispose](): void {
    rmSync(this.#outdir, { recursive: true, force: true })
  }
}
