import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { Template } from 'aws-cdk-lib/assertions'
import { ScheduleExpression } from 'aws-cdk-lib/aws-scheduler'
import type { Construct, IConstruct } from 'constructs'
import type { DurableProcessesProps } from '../../lib/cdk/props.ts'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'

export type Resource = { Type: string; Properties: Record<string, unknown>; DeletionPolicy?: string }

/** The feature flags of cdk.json, and no bundling. */
export function flags(): Record<string, unknown> {
  const cdk: unknown = JSON.parse(readFileSync(join(import.meta.dirname, '../../cdk.json'), 'utf8'))
  return { ...(cdk as { context: object }).context, 'aws:cdk:bundling-stacks': [] }
}

/** The stack as it would be deployed, but with no code bundled; its feature flags are those of cdk.json. */
export class DeployedShape implements Disposable {
  readonly app: App
  readonly stack: LeaseholdStack
  readonly #outdir = mkdtempSync(join(tmpdir(), 'leasehold-cdk-'))
  #template: Template | undefined

  constructor(
    props: DurableProcessesProps = {},
    /** Props that are constructs, and have to be made in an app. */
    made?: (scope: Construct) => DurableProcessesProps,
  ) {
    this.app = new App({ outdir: this.#outdir, context: flags() })
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
        resource.Type === type && (JSON.stringify(resource.Properties[property]) ?? '').includes(`"${id}"`),
    )
  }

  get template(): Template {
    return (this.#template ??= Template.fromStack(this.stack))
  }

  idOf(construct: IConstruct): string {
    const resource = construct.node.defaultChild ?? construct
    return this.stack.resolve((resource as unknown as { logicalId: unknown }).logicalId) as string
  }

  [Symbol.dispose](): void {
    rmSync(this.#outdir, { recursive: true, force: true })
  }
}

/** With every part that a prop or a method adds. */
export function shapeWithAllParts(entry: string): DeployedShape {
  const shape = new DeployedShape({
    workerEntry: entry,
    apiEntry: entry,
    payloadBucket: true,
    sweepEveryMs: 15_000,
  })
  const { processes } = shape.stack
  processes.addTrigger('Paid', { kind: 'ship', eventPattern: { source: ['shop'] } })
  processes.addSchedule('Nightly', { kind: 'report', schedule: ScheduleExpression.cron({ hour: '3' }) })
  return shape
}
