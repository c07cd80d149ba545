import { at, each, listOf, objectOf, ofType, idIn, textIn, type TemplateRule } from './json.ts'

/** Types whose resources hold what cannot be made again. */
const HOLD_DATA = ['AWS::DynamoDB::GlobalTable', 'AWS::S3::Bucket']
const DEAD_LETTERS_KEPT_S = 1_209_600
const PUBLIC_ACCESS = ['BlockPublicAcls', 'BlockPublicPolicy', 'IgnorePublicAcls', 'RestrictPublicBuckets']

/** Rules over the table, the queues, the buckets and the logs. */
export const DATA_RULES = {
  'the deletion of a stack keeps the table and the buckets': (template) =>
    HOLD_DATA.flatMap((type) => ofType(template, type))
      .filter(([, , own]) => own.DeletionPolicy !== 'Retain' || own.UpdateReplacePolicy !== 'Retain')
      .map(([id]) => ({ id, says: 'would be deleted with its stack, or when it is replaced' })),
  'the table defines the attributes of its keys, and no other': each('AWS::DynamoDB::GlobalTable', (own) => {
    const schemas = [
      own['KeySchema'],
      ...listOf(own['GlobalSecondaryIndexes']).map((index) => at(index, 'KeySchema')),
    ]
    const used = names(schemas.flatMap(listOf), 'AttributeName')
    const defined = names(listOf(own['AttributeDefinitions']), 'AttributeName')
    return [
      ...used.map((name) => !defined.includes(name) && `the key ${name} is not defined`),
      ...defined.map((name) => !used.includes(name) && `${name} is defined, and is no key`),
    ]
  }),
  'the table can be restored, expires items and is protected': each('AWS::DynamoDB::GlobalTable', (own) => {
    const [replica] = listOf(own['Replicas'])
    return [
      at(replica, 'PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled') !== true &&
        'cannot be restored',
      at(replica, 'DeletionProtectionEnabled') !== true && 'can be deleted by one request',
      at(own, 'TimeToLiveSpecification.AttributeName') !== 'x' && 'expires no item',
      at(own, 'TimeToLiveSpecification.Enabled') !== true && 'expires no item',
      own['BillingMode'] !== 'PAY_PER_REQUEST' && 'is not on demand',
    ]
  }),
  'a stream that is read shows old and new items': (template) =>
    ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(([, own]) => {
      const id = idIn(own['EventSourceArn']) ?? ''
      const table = template.Resources[id]
      return table?.Type !== 'AWS::DynamoDB::GlobalTable' ||
        at(table.Properties, 'StreamSpecification.StreamViewType') === 'NEW_AND_OLD_IMAGES'
        ? []
        : [{ id, says: 'its stream lacks old or new items' }]
    }),
  'an index projects attributes by name, at most 100 in all': each('AWS::DynamoDB::GlobalTable', (own) => {
    const projected = listOf(own['GlobalSecondaryIndexes']).map((index) =>
      listOf(at(index, 'Projection.NonKeyAttributes')),
    )
    return [
      projected.some((attributes) => attributes.length === 0) && 'an index projects nothing, or all',
      projected.flat().length > 100 && 'its indexes project more than 100 attributes',
    ]
  }),
  'a queue that is polled has a dead-letter queue that keeps its messages longer': (template) =>
    ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(([, own]) => {
      const id = idIn(own['EventSourceArn']) ?? ''
      const queue = template.Resources[id]
      if (queue?.Type !== 'AWS::SQS::Queue') return []
      const letters =
        template.Resources[idIn(at(queue.Properties, 'RedrivePolicy.deadLetterTargetArn')) ?? '']
      if (letters === undefined) return [{ id, says: 'drops messages that keep failing' }]
      const keptS = Number(letters.Properties['MessageRetentionPeriod'] ?? 345_600)
      const ownS = Number(queue.Properties['MessageRetentionPeriod'] ?? 345_600)
      return [
        ...(keptS === DEAD_LETTERS_KEPT_S && keptS > ownS
          ? []
          : [{ id, says: `its dead letters go after ${keptS} s` }]),
        ...(Number(at(queue.Properties, 'RedrivePolicy.maxReceiveCount')) >= 3
          ? []
          : [{ id, says: 'a message may fail fewer than three times' }]),
      ]
    }),
  'a queue encrypts its messages': each('AWS::SQS::Queue', (own) => [
    own['SqsManagedSseEnabled'] !== true &&
      own['KmsMasterKeyId'] === undefined &&
      'stores messages in the clear',
  ]),
  'a bucket is private and encrypted': each('AWS::S3::Bucket', (own) => [
    ...PUBLIC_ACCESS.map(
      (name) => at(own, `PublicAccessBlockConfiguration.${name}`) !== true && `${name} is not set`,
    ),
    own['BucketEncryption'] === undefined && 'stores objects without a named encryption',
  ]),
  'a bucket expires nothing that carries no mark, except its logs': each('AWS::S3::Bucket', (own) =>
    own['LoggingConfiguration'] === undefined
      ? []
      : listOf(at(own, 'LifecycleConfiguration.Rules')).map(
          (rule) =>
            at(rule, 'ExpirationInDays') !== undefined &&
            listOf(at(rule, 'TagFilters')).length === 0 &&
            'would expire values of open processes',
        ),
  ),
  'a log group has a retention': each('AWS::Logs::LogGroup', (own) => [
    !(Number(own['RetentionInDays']) > 0) && 'keeps its logs for ever',
  ]),
  'a physical name carries the name of the stack': (template) =>
    Object.entries(template.Resources).flatMap(([id, { Type, Properties }]) =>
      NAMED.flatMap(([type, property]) => {
        const name = Type === type ? Properties[property] : undefined
        return name === undefined || /-[0-9a-f]{8}$|AWS::StackName/u.test(textIn(name))
          ? []
          : [{ id, says: `a second stack of the account could not be named ${textIn(name)}` }]
      }),
    ),
} as const satisfies { readonly [name: string]: TemplateRule }

/** Properties that name a resource for a whole account and Region. */
const NAMED = [
  ['AWS::SQS::Queue', 'QueueName'],
  ['AWS::DynamoDB::GlobalTable', 'TableName'],
  ['AWS::Lambda::Function', 'FunctionName'],
  ['AWS::Events::EventBus', 'Name'],
  ['AWS::Events::Rule', 'Name'],
  ['AWS::Scheduler::Schedule', 'Name'],
  ['AWS::IAM::Role', 'RoleName'],
  ['AWS::CloudWatch::Alarm', 'AlarmName'],
  ['AWS::CloudWatch::Dashboard', 'DashboardName'],
  ['AWS::Logs::LogGroup', 'LogGroupName'],
  ['AWS::S3::Bucket', 'BucketName'],
] as const

function names(parts: readonly unknown[], property: string): string[] {
  return parts.map((part) => String(objectOf(part)[property]))
}
