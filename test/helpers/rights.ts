import { CfnElement, type Stack } from 'aws-cdk-lib'
import type { Template } from 'aws-cdk-lib/assertions'

// Who may do what, read from a synthesised template: every role, by the path of its construct, with all its rights.

export type RoleFacts = {
  readonly path: string
  /** `service` or `service, if condition`. */
  readonly trusts: readonly string[]
  /** `action on thing`; things of the stack go by the paths of their constructs. */
  readonly rights: readonly string[]
}

type Statement = {
  Effect: string
  Action: unknown
  Resource?: unknown
  Principal?: unknown
  Condition?: unknown
}
type Document = { Statement: Statement[] }
type Resource = { Type: string; Properties: Record<string, unknown> }

export function rolesOf(stack: Stack, template: Template): RoleFacts[] {
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

/** Policies that stand on things and let somebody in. */
export function openDoors(stack: Stack, template: Template): string[] {
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

/** Logical ids to the paths of constructs, without the stack's own name and the ends that CDK adds. */
function pathsOf(stack: Stack): ReadonlyMap<string, string> {
  return new Map(
    stack.node
      .findAll()
      .filter((node) => CfnElement.isCfnElement(node))
      .map((element) => [
        stack.resolve(element.logicalId) as string,
        element.node.path.replace(/^[^/]+\/(Leasehold\/)?/u, '').replace(/\/(Resource|Default)$/u, ''),
      ]),
  )
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

/** `{"Fn::GetAtt": [id, "Arn"]}`, and joins that begin with one. Whatever else there is stands as it is. */
function nameOf(resource: unknown, names: ReadonlyMap<string, string>): string {
  if (typeof resource === 'string') return resource
  const { 'Fn::GetAtt': attribute, 'Fn::Join': join, Ref: ref } = resource as Record<string, unknown>
  if (Array.isArray(attribute)) return names.get(String(attribute[0])) ?? JSON.stringify(resource)
  if (typeof ref === 'string') return names.get(ref) ?? `{${ref}}`
  if (!Array.isArray(join)) return JSON.stringify(resource)
  const [separator, parts] = join as [string, unknown[]]
  return parts.map((part) => nameOf(part, names)).join(separator)
}

function trusted({ Principal, Condition }: Statement): string {
  const { Service } = Principal as { Service?: unknown }
  const who = typeof Service === 'string' ? Service : JSON.stringify(Principal)
  return Condition === undefined ? who : `${who}, if ${JSON.stringify(Condition)}`
}
