import { idIn, listOf, objectOf, ofType, textIn, type PropertiesJson, type TemplateJson } from './json.ts'

/** A statement of a policy, with what it is attached to. */
export type Statement = {
  /** The policy or role that contains it. */
  readonly id: string
  /** The roles, queues or buckets that it is attached to. */
  readonly holders: readonly string[]
  readonly effect: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly principals: readonly string[]
  readonly condition: string
}

/** Every statement of the template: of roles, of policies, and of queues and buckets. */
export function statementsIn(template: TemplateJson): readonly Statement[] {
  return [
    ...ofType(template, 'AWS::IAM::Policy').flatMap(([id, own]) => of(id, own['Roles'], own)),
    ...ofType(template, 'AWS::IAM::Role').flatMap(([id, own]) => [
      ...listOf(own['Policies']).flatMap((policy) => of(id, [{ Ref: id }], objectOf(policy))),
      ...of(id, [{ Ref: id }], { PolicyDocument: own['AssumeRolePolicyDocument'] }),
    ]),
    ...ofType(template, 'AWS::SQS::QueuePolicy').flatMap(([id, own]) => of(id, own['Queues'], own)),
    ...ofType(template, 'AWS::S3::BucketPolicy').flatMap(([id, own]) => of(id, [own['Bucket']], own)),
  ]
}

/** May a role do an action on a resource, by statements of the template? Conditions are not evaluated. */
export function isAllowed(
  template: TemplateJson,
  role: string,
  action: string,
  isMeant: (resource: string) => boolean,
): boolean {
  return statementsIn(template).some(
    ({ holders, effect, actions, resources }) =>
      effect === 'Allow' && holders.includes(role) && actions.includes(action) && resources.some(isMeant),
  )
}

/** The role of a function. */
export function roleOf(template: TemplateJson, functionId: string | undefined): string {
  const own = functionId === undefined ? undefined : template.Resources[functionId]
  return idIn(own?.Properties['Role']) ?? ''
}

function of(id: string, holders: unknown, { PolicyDocument }: PropertiesJson): Statement[] {
  return listOf(objectOf(PolicyDocument)['Statement']).map((statement) => {
    const own = objectOf(statement)
    return {
      id,
      holders: listOf(holders).flatMap((holder) => idIn(holder) ?? []),
      effect: String(own['Effect']),
      actions: listOf(own['Action']).map(String),
      resources: listOf(own['Resource']).map(textIn),
      principals: Object.entries(objectOf(own['Principal'])).map(([kind, name]) => `${kind}:${textIn(name)}`),
      condition: JSON.stringify(own['Condition'] ?? {}),
    }
  })
}
