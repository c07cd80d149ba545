import { ofType, type Finding, type TemplateJson, type TemplateRule } from './json.ts'
import { ACTIONS, WITHOUT_RESOURCE } from './known.ts'
import { statementsIn, type Statement } from './statements.ts'

/** A rule over the statements of a template: `judge` returns what is wrong with one, or false. */
function statements(judge: (statement: Statement, template: TemplateJson) => string | false): TemplateRule {
  return (template) =>
    statementsIn(template).flatMap((statement): readonly Finding[] => {
      const says = judge(statement, template)
      return says === false ? [] : [{ id: statement.id, says }]
    })
}

/** Rules over roles and policies. */
export const RIGHT_RULES = {
  'a policy names actions that exist': statements(({ actions, effect }) => {
    const odd = actions.find((action) => {
      const [service = '', name = ''] = action.split(':')
      const known = ACTIONS[service] ?? []
      return !(known.includes(name) || (effect === 'Deny' && name === '*' && known.length > 0))
    })
    return odd !== undefined && `${odd} is no action that this construct knows`
  }),
  'a right is given on named resources': statements(({ effect, actions, resources, principals }) => {
    const isTrust = principals.length > 0 && resources.length === 0
    const wide = actions.find((action) => !WITHOUT_RESOURCE.includes(action))
    return (
      effect === 'Allow' &&
      !isTrust &&
      wide !== undefined &&
      (resources.length === 0 || resources.includes('*')) &&
      `gives ${wide} on everything`
    )
  }),
  'a right without a resource is given on all': statements(
    ({ effect, actions, resources }) =>
      effect === 'Allow' &&
      actions.some((action) => WITHOUT_RESOURCE.includes(action)) &&
      !resources.includes('*') &&
      `${actions.join(', ')} take no resource: AWS would deny them`,
  ),
  'rights on objects name objects, and the right to list names the bucket': statements(
    ({ effect, actions, resources }) => {
      const isObject = (on: string) => on.endsWith('/*')
      if (effect !== 'Allow') return false
      const onObjects = actions.some((action) => /^s3:\w+Object/u.test(action))
      const onBucket = actions.includes('s3:ListBucket')
      if (onObjects && !resources.every(isObject)) return 'a right on objects names a bucket'
      return onBucket && resources.some(isObject) && 's3:ListBucket names objects: a missing one reads as 403'
    },
  ),
  'a role that reads objects may list their bucket': (template) => {
    const readers = statementsIn(template).filter(({ actions }) => actions.includes('s3:GetObject'))
    return readers.flatMap(({ id, holders, resources }) => {
      const buckets = resources.map((resource) => resource.replace(/\/\*$/u, ''))
      const lists = statementsIn(template).some(
        (other) =>
          other.actions.includes('s3:ListBucket') &&
          other.holders.some((holder) => holders.includes(holder)) &&
          buckets.every((bucket) => other.resources.includes(bucket)),
      )
      return lists ? [] : [{ id, says: 'lacks s3:ListBucket: S3 answers 403 for an object that is missing' }]
    })
  },
  'only services that the construct uses may assume a role': statements(
    ({ actions, principals, condition }) => {
      if (!actions.includes('sts:AssumeRole')) return false
      if (principals.length === 0) return 'has no principal'
      const odd = principals.find((each) => !/^Service:(?:lambda|scheduler)\.amazonaws\.com$/u.test(each))
      if (odd !== undefined) return `${odd} may assume it`
      const isScheduler = principals.some((each) => each.includes('scheduler'))
      return (
        isScheduler && !condition.includes('aws:SourceAccount') && 'schedules of any account may assume it'
      )
    },
  ),
  'a queue or bucket lets in named services, for named sources': statements(
    ({ effect, principals, resources, condition }) =>
      effect === 'Allow' &&
      principals.length > 0 &&
      resources.length > 0 &&
      (principals.some((each) => !each.startsWith('Service:')) || !condition.includes('aws:SourceArn')) &&
      'lets in more than one source',
  ),
  'every queue and bucket denies requests without TLS': (template) => {
    const denied = new Set(
      statementsIn(template)
        .filter(({ effect, condition }) => effect === 'Deny' && condition.includes('aws:SecureTransport'))
        .flatMap(({ holders }) => holders),
    )
    return ['AWS::SQS::Queue', 'AWS::S3::Bucket']
      .flatMap((type) => ofType(template, type))
      .filter(([id]) => !denied.has(id))
      .map(([id]) => ({ id, says: 'allows requests without TLS' }))
  },
} as const satisfies { readonly [name: string]: TemplateRule }
