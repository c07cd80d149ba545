import {
  at,
  each,
  hasBareValue,
  idIn,
  jsonIn,
  listOf,
  objectOf,
  ofType,
  textIn,
  type TemplateRule,
} from './json.ts'
import { isAllowed, roleOf } from './statements.ts'

/** Names that Lambda keeps for itself, and refuses: docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html. */
const RESERVED =
  /^(?:_HANDLER|_X_AMZN_TRACE_ID|AWS_(?:DEFAULT_REGION|REGION|EXECUTION_ENV|LAMBDA_\w+|ACCESS_KEY(?:_ID)?|SECRET_ACCESS_KEY|SESSION_TOKEN)|LAMBDA_TASK_ROOT|LAMBDA_RUNTIME_DIR)$/u
const ENVIRONMENT_BYTES_MAX = 4096
/** A reference becomes an ARN or a URL: this much at most. */
const REFERENCE_BYTES = 160
const HANDLER_TIMEOUT_S_MAX = 900

const POLLS = {
  sqs: ['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'],
  stream: ['dynamodb:DescribeStream', 'dynamodb:GetRecords', 'dynamodb:GetShardIterator'],
} as const

/** Rules over functions and over what invokes them. */
export const FUNCTION_RULES = {
  'a function sets no variable that Lambda reserves': each('AWS::Lambda::Function', (own) =>
    Object.keys(variablesOf(own)).map((name) => RESERVED.test(name) && `Lambda reserves ${name}`),
  ),
  'the variables of a function fit into 4 KB': each('AWS::Lambda::Function', (own) => {
    const bytes = Object.entries(variablesOf(own)).reduce(
      (sum, [name, value]) =>
        sum + name.length + (typeof value === 'string' ? value.length : REFERENCE_BYTES),
      0,
    )
    return [bytes > ENVIRONMENT_BYTES_MAX && `its environment may have ${bytes} bytes`]
  }),
  'a function runs on the Node version that its code is bundled for': each('AWS::Lambda::Function', (own) => [
    own['Runtime'] !== 'nodejs24.x' && `runs on ${String(own['Runtime'])}`,
    listOf(own['Architectures'])[0] !== 'arm64' && 'is not of architecture arm64',
    own['Handler'] !== 'index.handler' && `starts at ${String(own['Handler'])}`,
  ]),
  'a function has a role that Lambda may assume, and a log group that it may write to': (template) =>
    ofType(template, 'AWS::Lambda::Function').flatMap(([id, own]) => {
      const role = template.Resources[roleOf(template, id)]
      const trusts = JSON.stringify(role?.Properties['AssumeRolePolicyDocument'] ?? {})
      const group = idIn(at(own, 'LoggingConfig.LogGroup'))
      const mayLog = ['logs:CreateLogStream', 'logs:PutLogEvents'].every((action) =>
        isAllowed(template, roleOf(template, id), action, (on) => on === `{${group}}`),
      )
      return [
        ...(trusts.includes('lambda.amazonaws.com') ? [] : [{ id, says: 'Lambda may not assume its role' }]),
        ...(mayLog ? [] : [{ id, says: 'its role may not write to its log group' }]),
      ]
    }),
  'a function that runs processes may start itself again by its queue': (template) => {
    const polled = ofType(template, 'AWS::Lambda::EventSourceMapping').filter(
      ([, own]) => template.Resources[idIn(own['EventSourceArn']) ?? '']?.Type === 'AWS::SQS::Queue',
    )
    return [...new Set(polled.flatMap(([, own]) => idIn(own['FunctionName']) ?? []))]
      .filter((id) => template.Resources[id]?.Properties['RecursiveLoop'] !== 'Allow')
      .map((id) => ({ id, says: 'Lambda would stop it after 16 rounds by its own queue' }))
  },
  'an event source polls with the rights, batches and failures that Lambda asks for': (template) =>
    ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(([id, own]) => {
      const source = idIn(own['EventSourceArn']) ?? ''
      const role = roleOf(template, idIn(own['FunctionName']))
      const isQueue = template.Resources[source]?.Type === 'AWS::SQS::Queue'
      const asked = isQueue ? POLLS.sqs : POLLS.stream
      const lacking = asked.filter(
        (action) => !isAllowed(template, role, action, (on) => on === `{${source}}`),
      )
      const onFailure = idIn(at(own, 'DestinationConfig.OnFailure.Destination'))
      return [
        ...lacking.map((action) => `its role lacks ${action}`),
        !isQueue &&
          !isAllowed(template, role, 'dynamodb:ListStreams', (on) => on === '*') &&
          'its role lacks dynamodb:ListStreams',
        isQueue && own['StartingPosition'] !== undefined && 'a queue has no StartingPosition',
        !isQueue && own['StartingPosition'] !== 'TRIM_HORIZON' && 'changes before its first poll are lost',
        isQueue &&
          Number(own['BatchSize']) > 10 &&
          own['MaximumBatchingWindowInSeconds'] === undefined &&
          'a batch of more than 10 messages needs a window',
        !listOf(own['FunctionResponseTypes']).includes('ReportBatchItemFailures') &&
          'one failed record would repeat its whole batch',
        !isQueue && onFailure === undefined && 'a record that keeps failing is dropped',
        onFailure !== undefined &&
          !isAllowed(template, role, 'sqs:SendMessage', (on) => on === `{${onFailure}}`) &&
          'its role may not send to its destination of failures',
      ]
        .filter((says) => says !== false)
        .map((says) => ({ id, says }))
    }),
  'the pattern of a filter is JSON whose values are lists': each('AWS::Lambda::EventSourceMapping', (own) =>
    listOf(at(own, 'FilterCriteria.Filters')).map((filter) => {
      const pattern = jsonIn(textIn(objectOf(filter)['Pattern']))
      return pattern === undefined
        ? 'its pattern is no JSON'
        : hasBareValue(pattern) && 'a value stands alone'
    }),
  ),
  'a message stays hidden for at least six timeouts of the function that handles it': (template) =>
    ofType(template, 'AWS::Lambda::EventSourceMapping').flatMap(([, own]) => {
      const id = idIn(own['EventSourceArn']) ?? ''
      const queue = template.Resources[id]
      const timeoutS = Number(template.Resources[idIn(own['FunctionName']) ?? '']?.Properties['Timeout'])
      const hiddenS = Number(queue?.Properties['VisibilityTimeout'] ?? 30)
      return queue?.Type === 'AWS::SQS::Queue' && !(hiddenS >= 6 * timeoutS)
        ? [{ id, says: `hides a message for ${hiddenS} s, and its function runs for up to ${timeoutS} s` }]
        : []
    }),
  'a function ends within the longest time that Lambda gives': each('AWS::Lambda::Function', (own) => [
    !(Number(own['Timeout']) <= HANDLER_TIMEOUT_S_MAX) && `its timeout is ${String(own['Timeout'])} s`,
  ]),
} as const satisfies { readonly [name: string]: TemplateRule }

function variablesOf(own: object): object {
  return objectOf(at(own, 'Environment.Variables'))
}
