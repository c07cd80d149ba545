import { CfnElement, type Stack } from 'aws-cdk-lib'
import type { Template } from 'aws-cdk-lib/assertions'
import type { IRole } from 'aws-cdk-lib/aws-iam'

// Who may do what, read from a synthesised template: every role, by the path of its construct, with all its rights.

export type RoleFacts = {
  readonly path: string
  /** `service` or `service, if condition`. */
  readonly trusts: readonly string[]
  /** `action on thing`; things of the stack go by the paths of their constructs. */
  readonly rights: readonly string[]
}

type Synthesised = { readonly stack: Stack; readonly template: Template }
type Statement = {
  Effect: string
  Action: unknown
  Resource?: unknown
  Principal?: unknown
  Condition?: unknown
}
type Document = { Statement: Statement[] }
type Resource = { Type: string; Properties: Record<string, unknown> }

/** What one role may do. */
export function rightsOf(shape: Synthesised, role: IRole): readonly string[] {
  const facts = rolesOf(shape).find(({ path }) => path === pathOf(role.node.path))
  if (facts === undefined) throw new Error(`no role at ${role.node.path}`)
  return facts.rights
}

export function rolesOf({ stack, template }: Synthesised): RoleFacts[] {
  const names = pathsOf(stack)
  const resources: [string, Resource][] = Object.entries(
    template.toJSON()['Resources'] as Record<string, Resource>,
  )
  const attached = resources.filter(([, { Type }]) => /^AWS::IAM::(Managed)?Policy$/u.test(Type))
  return resources
    .filter(([, { Type }]) => Type === 'AWS::IAM::Role')
    .map(([id, { Properties }]) => {
      const inline = (Properties['Policies'] ?? []) as { PolicyDocument: Document }[]
      const own = attached.filter(([, policy]) =>
        JSON.stringify(policy.Properties['Roles']).includes(`"${id}"`),
      )
      const documents = [
        ...inline,
        ...own.map(([, policy]) => policy.Properties as { PolicyDocument: Document }),
      ]
      const managed = (Properties['ManagedPolicyArns'] ?? []) as unknown[]
      return {
        path: names.get(id) ?? id,
        trusts: (Properties['AssumeRolePolicyDocument'] as Document).Statement.map(trusted),
        rights: [
          ...managed.map((arn) => `the managed policy ${JSON.stringify(arn)}`),
          ...documents.flatMap(({ PolicyDocument }) => rightsIn(PolicyDocument, names)),
        ].sort(),
      }
    })
}

/** Policies of resources that let a principal in. */
export function openDoors({ stack, template }: Synthesised): string[] {
  const names = pathsOf(stack)
  return Object.entries(template.toJSON()['Resources'] as Record<string, Resource>)
    .filter(([, { Type }]) => !Type.startsWith('AWS::IAM::'))
    .flatMap(([id, { Type, Properties }]) => {
      if (Type === 'AWS::Lambda::Permission')
        return [`${names.get(id) ?? id} lets in ${JSON.stringify(Properties['Principal'])}`]
      const document = Properties['PolicyDocument'] as Document | undefined
      return (document?.Statement ?? [])
        .filter(({ Effect }) => Effect === 'Allow')
        .map(
          ({ Principal, Condition }) =>
            `${names.get(id) ?? id} lets in ${JSON.stringify(Principal)} if ${JSON.stringify(Condition)}`,
        )
    })
}

/** Logical ids to the paths of constructs. */
function pathsOf(stack: Stack): ReadonlyMap<string, string> {
  return new Map(
    stack.node
      .findAll()
      .filter((node) => CfnElement.isCfnElement(node))
      .map((element) => [stack.resolve(element.logicalId) as string, pathOf(element.node.path)]),
  )
}

/** Without the stack's own name and the ends that CDK adds. */
function pathOf(path: string): string {
  return path.replace(/^[^/]+\/(Leasehold\/)?/u, '').replace(/\/(Resource|Default)$/u, '')
}

function rightsIn({ Statement }: Document, names: ReadonlyMap<string, string>): string[] {
  return Statement.flatMap((statement) =>
    [statement.Action].flat().flatMap((action) =>
      [statement.Resource].flat().map((resource) => {
        const refused = statement.Effect === 'Allow' ? '' : 'denied: '
        const only = statement.Condition === undefined ? '' : ` if ${JSON.stringify(statement.Condition)}`
        return `${refused}${String(action)} on ${nameOf(resource, names)}${only}`
      }),
    ),
  )
}

/**
 * `{"Fn::GetAtt": [id, "Arn"]}`, and joins that begin with one; what an HTTP API is asked, without the address that
 * stands before it. Whatever else there is stands as it is.
 */
function nameOf(resource: unknown, names: ReadonlyMap<string, string>): string {
  if (typeof resource === 'string') return resource
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join, Ref: ref } = resource as Record<string, unknown>
  if (Array.isArray(attribute)) {
    const name = names.get(String(attribute[0])) ?? JSON.stringify(resource)
    return attribute[1] === 'StreamArn' ? `${name}/stream` : name
  }
  if (typeof ref === 'string') return names.get(ref) ?? `{${ref}}`
  if (!Array.isArray(join)) return JSON.stringify(resource)
  const [separator, parts] = join as [string, unknown[]]
  const whole = parts.map((part) => nameOf(part, names)).join(separator)
  return whole.replace(/^arn:\S+:(?=[^:]+\/\$default\/)/u, '')
}

function trusted({ Principal, Condition }: Statement): string {
  const { Service } = Principal as { Service?: unknown }
  const who = typeof Service === 'string' ? Service : JSON.stringify(Principal)
  return Condition === undefined ? who : `${who}, if ${JSON.stringify(Condition)}`
}
