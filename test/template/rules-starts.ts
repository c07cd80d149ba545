import {
  at,
  each,
  hasBareValue,
  idIn,
  idsIn,
  jsonIn,
  listOf,
  objectOf,
  ofType,
  textIn,
  type TemplateRule,
} from './json.ts'
import { isAllowed, statementsIn } from './statements.ts'

const RATE = /^rate\((?:1 (?:minute|hour|day)|(?:[2-9]|[1-9]\d+) (?:minutes|hours|days))\)$/u
const CRON = /^cron\(\S+ \S+ \S+ \S+ \S+ \S+\)$/u
const AT = /^at\(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\)$/u
const ROUTE = /^(?:\$default|(?:ANY|GET|HEAD|POST|PUT|PATCH|DELETE|OPTIONS) \/\S*)$/u
/** Requests whose body carries a token that was made for one callback or one external process. */
const WITH_TOKEN = /^POST \/v1\/(?:callbacks\/(?:complete|fail|heartbeat)|processes\/\{id\}\/complete)$/u
const AGE_S_MAX = 86_400
const RETRIES_MAX = 185

/** Rules over schedules, event rules and the API: what brings work in. */
export const START_RULES = {
  'a schedule has an expression that the Scheduler reads': each('AWS::Scheduler::Schedule', (own) => {
    const expression = textIn(own['ScheduleExpression'])
    return [
      ![RATE, CRON, AT].some((form) => form.test(expression)) && `${expression} is no rate, cron or time`,
      at(own, 'FlexibleTimeWindow.Mode') !== 'OFF' && 'starts at any time in a window',
      own['State'] !== 'ENABLED' && 'is not enabled',
    ]
  }),
  'a schedule may do what it is for': (template) =>
    ofType(template, 'AWS::Scheduler::Schedule').flatMap(([id, own]) => {
      const target = idIn(at(own, 'Target.Arn')) ?? ''
      const role = idIn(at(own, 'Target.RoleArn')) ?? ''
      const action =
        template.Resources[target]?.Type === 'AWS::SQS::Queue' ? 'sqs:SendMessage' : 'lambda:InvokeFunction'
      const letters = idIn(at(own, 'Target.DeadLetterConfig.Arn'))
      const may = (name: string, on: string) => isAllowed(template, role, name, (each) => each === `{${on}}`)
      return [
        !may(action, target) && `its role lacks ${action}`,
        letters !== undefined &&
          !may('sqs:SendMessage', letters) &&
          'its role may not send to its dead letters',
        action === 'sqs:SendMessage' &&
          letters === undefined &&
          'a start that cannot be delivered is dropped',
        ...retries(at(own, 'Target.RetryPolicy')),
      ]
        .filter((says) => says !== false)
        .map((says) => ({ id, says }))
    }),
  'a message that a schedule or rule sends is a start': (template) => [
    ...ofType(template, 'AWS::Scheduler::Schedule').flatMap(([id, own]) =>
      at(own, 'Target.Input') === undefined ? [] : oddStart(id, textIn(at(own, 'Target.Input'))),
    ),
    ...ofType(template, 'AWS::Events::Rule').flatMap(([id, own]) =>
      listOf(own['Targets']).flatMap((target) => {
        const { InputTemplate: text, InputPathsMap: paths } = objectOf(at(target, 'InputTransformer'))
        const known = Object.keys(objectOf(paths))
        const unknown = [...textIn(text).matchAll(/<([^>.]+)>/gu)].find(
          ([, name = '']) => !known.includes(name),
        )
        return [
          // A place outside quotes is replaced by JSON, one inside by text.
          ...oddStart(
            id,
            textIn(text)
              .replaceAll(/:<[^>]+>/gu, ':{}')
              .replaceAll(/<[^>]+>/gu, 'x'),
          ),
          ...(unknown === undefined ? [] : [{ id, says: `${unknown[0]} has no path` }]),
        ]
      }),
    ),
  ],
  'an event rule matches by lists, and gives up after a day': each('AWS::Events::Rule', (own) => [
    own['EventPattern'] !== undefined &&
      hasBareValue(own['EventPattern']) &&
      'a value of its pattern stands alone',
    own['EventPattern'] === undefined && own['ScheduleExpression'] === undefined && 'matches nothing',
    own['State'] !== 'ENABLED' && 'is not enabled',
    ...listOf(own['Targets']).flatMap((target) => [
      ...retries(at(target, 'RetryPolicy')),
      at(target, 'DeadLetterConfig.Arn') === undefined && 'an event that cannot be delivered is dropped',
    ]),
  ]),
  'a queue lets in the rules that send to it': (template) =>
    ofType(template, 'AWS::Events::Rule').flatMap(([id, own]) =>
      listOf(own['Targets'])
        .flatMap((target) => [at(target, 'Arn'), at(target, 'DeadLetterConfig.Arn')])
        .flatMap((arn) => idIn(arn) ?? [])
        .filter(
          (queue) =>
            !statementsIn(template).some(
              ({ effect, holders, actions, principals, condition }) =>
                effect === 'Allow' &&
                holders.includes(queue) &&
                actions.includes('sqs:SendMessage') &&
                principals.includes('Service:events.amazonaws.com') &&
                condition.includes(id),
            ),
        )
        .map((queue) => ({ id, says: `${queue} does not let it in` })),
    ),
  'the API knows its callers on every route': each('AWS::ApiGatewayV2::Route', (own) => {
    const route = textIn(own['RouteKey'])
    const type = own['AuthorizationType']
    return [
      !ROUTE.test(route) && `${route} is no route`,
      !['AWS_IAM', 'JWT'].includes(String(type)) && !WITH_TOKEN.test(route) && 'lets in every caller',
      type === 'JWT' && own['AuthorizerId'] === undefined && 'has no authorizer',
      !idsIn(own['Target']).some((id) => id.length > 0) && 'leads nowhere',
    ]
  }),
  'the API may invoke its function': (template) =>
    ofType(template, 'AWS::ApiGatewayV2::Integration').flatMap(([id, own]) => {
      const fn = idIn(own['IntegrationUri'])
      const isLetIn = ofType(template, 'AWS::Lambda::Permission').some(
        ([, permission]) =>
          idIn(permission['FunctionName']) === fn &&
          permission['Principal'] === 'apigateway.amazonaws.com' &&
          permission['Action'] === 'lambda:InvokeFunction' &&
          idsIn(permission['SourceArn']).includes(idIn(own['ApiId']) ?? ''),
      )
      return [
        ...(isLetIn ? [] : [{ id, says: 'its function does not let the API in' }]),
        ...(own['PayloadFormatVersion'] === '2.0'
          ? []
          : [{ id, says: 'its function reads events of version 2.0' }]),
      ]
    }),
  'the API has a limit and a log': each('AWS::ApiGatewayV2::Stage', (own) => [
    !(Number(at(own, 'DefaultRouteSettings.ThrottlingRateLimit')) > 0) && 'has no limit of requests',
    jsonIn(textIn(at(own, 'AccessLogSettings.Format'))) === undefined && 'its access log is no JSON',
    own['AutoDeploy'] !== true && 'does not deploy its routes',
  ]),
} as const satisfies { readonly [name: string]: TemplateRule }

function retries(policy: unknown): readonly (string | false)[] {
  const { MaximumEventAgeInSeconds: ageS, MaximumRetryAttempts: attempts } = objectOf(policy)
  return [
    !(Number(ageS) >= 60 && Number(ageS) <= AGE_S_MAX) && `retries for ${String(ageS)} s`,
    !(Number(attempts) >= 0 && Number(attempts) <= RETRIES_MAX) && `retries ${String(attempts)} times`,
  ]
}

function oddStart(id: string, text: string): { id: string; says: string }[] {
  const start = objectOf(jsonIn(text))
  if (start['v'] === 1 && start['type'] === 'start' && typeof start['kind'] === 'string') return []
  return [{ id, says: `sends no start: ${text.slice(0, 80)}` }]
}
