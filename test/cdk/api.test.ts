import { AwsSolutionsChecks } from 'cdk-nag'
import { afterAll, describe, expect, test } from 'vitest'
import { ROUTES } from '../../lib/api/routes/index.ts'
import { REQUESTS } from '../../lib/cdk/api.ts'
import type { DurableProcessesProps } from '../../lib/cdk/props.ts'
import { DeployedShape } from '../helpers/template.ts'

const shape = new DeployedShape({ workerEntry: import.meta.filename, apiRequestsPerSecond: 7, apiBurst: 9 })
const tokens = new DeployedShape({
  workerEntry: import.meta.filename,
  apiAuth: 'jwt',
  jwtIssuer: 'https://id.example',
  jwtAudience: ['leasehold'],
})
afterAll(() => [shape, tokens].forEach((each) => each[Symbol.dispose]()))
const api = shape.stack.processes.api!

/** The properties of all resources of a type. */
function all(type: string, of = shape): Record<string, unknown>[] {
  return Object.values(of.template.findResources(type)).map((found) => found['Properties'])
}

describe('every request', () => {
  test('has to be signed, on the one route there is', () => {
    expect(all('AWS::ApiGatewayV2::Route')).toMatchObject([
      { RouteKey: 'ANY /{proxy+}', AuthorizationType: 'AWS_IAM' },
    ])
  })

  test('with tokens has to bring one of the issuer and for the audience', () => {
    expect(all('AWS::ApiGatewayV2::Route', tokens)).toMatchObject([{ AuthorizationType: 'JWT' }])
    expect(all('AWS::ApiGatewayV2::Authorizer', tokens)).toMatchObject([
      { AuthorizerType: 'JWT', JwtConfiguration: { Issuer: 'https://id.example', Audience: ['leasehold'] } },
    ])
  })

  test('is throttled, and logged without query, headers and body', () => {
    const [stage, ...others] = all('AWS::ApiGatewayV2::Stage')
    expect(others).toEqual([])
    expect(stage).toMatchObject({
      StageName: '$default',
      DefaultRouteSettings: { ThrottlingRateLimit: 7, ThrottlingBurstLimit: 9 },
    })
    const { Format } = stage?.['AccessLogSettings'] as { Format: string }
    const logged = Object.values(JSON.parse(Format) as Record<string, string>)
    expect(logged).toContain('$context.status')
    expect(logged.filter((field) => !/^\$context\.[\w.]+$/u.test(field))).toEqual([])
    expect(Format).not.toMatch(/body|query|header|path\b.*parameter|authorizer\.claims(?!\.sub)/iu)
  })
})

test('the function refuses unauthenticated callers, and only this API may invoke it', () => {
  const { Environment, Timeout } = shape.resource(api.handler.function).Properties
  expect(Environment).toMatchObject({ Variables: { LEASEHOLD_API_AUTH: 'platform' } })
  expect(Timeout).toBeLessThan(30)
  const permissions = shape.pointingAt('AWS::Lambda::Permission', 'FunctionName', api.handler.function)
  expect(permissions.map(({ Properties }) => Properties)).toMatchObject([
    { Principal: 'apigateway.amazonaws.com', Action: 'lambda:InvokeFunction' },
  ])
  expect(JSON.stringify(permissions)).toContain(shape.idOf(api.httpApi))
})

test('without an API there is neither function nor gateway', () => {
  using own = new DeployedShape({ workerEntry: import.meta.filename, api: false })
  expect(own.stack.processes.api).toBeUndefined()
  expect(all('AWS::ApiGatewayV2::Api', own)).toEqual([])
})

test('each route can be granted, by the scope that it asks of tokens', () => {
  // Answering a callback takes its token and no scope; signed requests for it come with the right to signal.
  const routes = ROUTES.map(({ method, path, scope = 'signal' }) => [
    scope,
    `${method} ${path.replaceAll(/\{\w+\}/gu, '*')}`,
  ])
  const granted = Object.entries(REQUESTS).flatMap(([right, requests]) =>
    requests.map((request) => [right, request]),
  )
  const own = granted.filter(([, request]) => request !== 'GET /openapi.json')
  expect(own.map(String).toSorted()).toEqual(routes.map(String).toSorted())
})

describe('the routes for tokens', () => {
  const PATHS = [
    'POST /v1/callbacks/complete',
    'POST /v1/callbacks/fail',
    'POST /v1/callbacks/heartbeat',
    'POST /v1/processes/{id}/complete',
  ]

  test.each<[string, DurableProcessesProps]>([
    ['signed', {}],
    ['with a bearer token', { apiAuth: 'jwt', jwtIssuer: 'https://id.example', jwtAudience: ['leasehold'] }],
  ])('take no identity and have a rate of their own, and every other request is %s', (_, auth) => {
    using open = new DeployedShape({
      workerEntry: import.meta.filename,
      apiTokenRoutes: true,
      apiTokenRequestsPerSecond: 3,
      ...auth,
    })
    const routes = all('AWS::ApiGatewayV2::Route', open)
    const free = routes.filter(({ AuthorizationType }) => AuthorizationType === 'NONE')
    expect(free.map(({ RouteKey }) => String(RouteKey)).toSorted()).toEqual(PATHS)
    expect(routes.filter((route) => !free.includes(route))).toMatchObject([{ RouteKey: 'ANY /{proxy+}' }])
    const [stage] = all('AWS::ApiGatewayV2::Stage', open)
    const limits = { ThrottlingRateLimit: 3, ThrottlingBurstLimit: 3 }
    expect(stage?.['RouteSettings']).toEqual(Object.fromEntries(PATHS.map((path) => [path, limits])))
    expect(stage?.['DefaultRouteSettings']).toMatchObject({ ThrottlingRateLimit: 100 })
  })

  test('are exactly the routes of the API that need no scope', () => {
    const scopeless = ROUTES.filter(({ scope }) => scope === undefined)
    expect(scopeless.map(({ method, path }) => `${method} ${path}`).toSorted()).toEqual(PATHS)
  })

  test('break no rule of AWS Solutions that has no reason', () => {
    using open = new DeployedShape({ workerEntry: import.meta.filename, apiTokenRoutes: true })
    expect(new AwsSolutionsChecks(open.app).validateScope(open.app).violations).toEqual([])
  })
})
