import { Duration } from 'aws-cdk-lib'
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway'
import {
  CorsHttpMethod,
  HttpApi,
  HttpMethod,
  HttpNoneAuthorizer,
  HttpStage,
  LogGroupLogDestination,
  type CfnStage,
  type CorsPreflightOptions,
  type IHttpRouteAuthorizer,
} from 'aws-cdk-lib/aws-apigatewayv2'
import { HttpIamAuthorizer, HttpJwtAuthorizer } from 'aws-cdk-lib/aws-apigatewayv2-authorizers'
import { HttpLambdaIntegration } from 'aws-cdk-lib/aws-apigatewayv2-integrations'
import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import { Construct } from 'constructs'
import { InvalidConfig } from '../model/errors.ts'
import { suggestion } from '../model/suggestion.ts'
import { API_MEMORY_MB, API_TIMEOUT_MS } from '../model/limits-http.ts'
import { excuse } from './acknowledged.ts'
import { versionOf } from './stack-output.ts'
import { HandlerFile, isolationOf, logGroupOf, placesOf } from './functions.ts'
import { grantTo } from './granting.ts'
import { physicalName } from './physical-name.ts'
import type { Settings } from './props.ts'
import type { WorkQueues } from './queues.ts'
import type { ProcessTable } from './table.ts'

/** Who asked for what and how it came out. No query, no header, no body: those may carry what people write. */
const LOGGED = {
  requestId: '$context.requestId',
  time: '$context.requestTime',
  method: '$context.httpMethod',
  path: '$context.path',
  status: '$context.status',
  caller: '$context.identity.userArn',
  subject: '$context.authorizer.claims.sub',
  ip: '$context.identity.sourceIp',
  tookMs: '$context.responseLatency',
  error: '$context.error.message',
}

/** Requests of the API, by the scope that its routes ask of tokens. `*` stands for an id or a name. */
export const REQUESTS = {
  start: ['POST /v1/processes', 'POST /v1/processes/batch', 'POST /v1/processes/*/retry'],
  read: [
    'GET /v1/processes',
    'GET /v1/processes/*',
    'GET /v1/processes/*/events',
    'GET /v1/processes/*/result',
    'GET /v1/processes/*/children',
    'GET /v1/processes/*/waits',
    'GET /v1/processes/*/payloads/*',
    'GET /v1/kinds',
    'GET /v1/attention',
    'GET /v1/counts',
    'GET /v1/slots',
    'GET /v1/health',
    'GET /openapi.json',
  ],
  cancel: ['POST /v1/processes/*/cancel'],
  signal: [
    'POST /v1/processes/*/signals',
    'POST /v1/callbacks/complete',
    'POST /v1/callbacks/fail',
    'POST /v1/callbacks/heartbeat',
    'POST /v1/processes/*/complete',
  ],
  operate: ['POST /v1/processes/*/abandon', 'POST /v1/processes/*/resume', 'POST /v1/slots/release'],
} as const satisfies Record<string, readonly string[]>
/** Requests that carry a token which was given to one party, and which says all that has to be known of that party. */
const TOKEN_PATHS = [
  '/v1/callbacks/complete',
  '/v1/callbacks/fail',
  '/v1/callbacks/heartbeat',
  '/v1/processes/{id}/complete',
] as const
export type ApiRight = keyof typeof REQUESTS

export type ApiProps = {
  readonly entry: string
  readonly table: ProcessTable
  readonly queues: WorkQueues
  readonly settings: Settings
}

/** The API's function behind an HTTP API, which knows its callers by IAM or by JWT and throttles them. */
export class Api extends Construct {
  readonly handler: HandlerFile
  readonly httpApi: HttpApi
  readonly stage: HttpStage
  readonly #auth: Settings['apiAuth']

  constructor(scope: Construct, id: string, { entry, table, queues, settings }: ApiProps) {
    super(scope, id)
    this.#auth = settings.apiAuth
    this.handler = new HandlerFile(this, 'Handler', {
      name: 'api',
      entry,
      description: 'Leasehold: starts processes, tells of them and passes on what is asked of them',
      timeoutMs: API_TIMEOUT_MS,
      memoryMb: API_MEMORY_MB,
      environment: {
        ...placesOf(table, queues),
        ...isolationOf(queues),
        LEASEHOLD_DEAD_LETTER_URL: queues.deadLetter.queueUrl,
        LEASEHOLD_VERSION: versionOf(),
        // The function refuses whatever comes without an identity, should the gateway ever be opened by mistake.
        LEASEHOLD_API_AUTH: 'platform',
      },
      settings,
    })
    table.grantClient(this.handler.role)
    queues.grantSend(this.handler.role)
    table.grantHealth(this.handler.role)
    queues.grantWatch(this.handler.role)
    this.httpApi = new HttpApi(this, 'Http', {
      apiName: physicalName(this, 'api'),
      description: 'Leasehold',
      createDefaultStage: false,
      defaultAuthorizer: authorizerOf(settings),
      ...corsOf(settings),
    })
    const integration = new HttpLambdaIntegration('Integration', this.handler.function)
    this.httpApi.addRoutes({
      path: '/{proxy+}',
      // With CORS the gateway answers OPTIONS by itself, before any authorizer; but not where a route takes them.
      methods: settings.apiCorsOrigins === undefined ? [HttpMethod.ANY] : [HttpMethod.GET, HttpMethod.POST],
      integration,
    })
    this.stage = this.#stageOf(settings)
    if (settings.apiTokenRoutes) this.#openToTokens(integration, settings)
  }

  /** A caller with a token needs no identity for these routes. They have a rate of their own, so strangers cannot use up the API's. */
  #openToTokens(integration: HttpLambdaIntegration, { apiTokenRequestsPerSecond: rate }: Settings): void {
    const limits = { ThrottlingRateLimit: rate, ThrottlingBurstLimit: rate }
    const stage = this.stage.node.defaultChild as CfnStage
    for (const path of TOKEN_PATHS) {
      const authorizer = new HttpNoneAuthorizer()
      const routes = this.httpApi.addRoutes({ path, methods: [HttpMethod.POST], integration, authorizer })
      for (const route of routes) {
        // A stage takes settings only of routes that are there.
        this.stage.node.addDependency(route)
        excuse(route, 'AwsSolutions-APIG4', 'A token in the body says enough: apiTokenRoutes is on.')
      }
    }
    stage.routeSettings = Object.fromEntries(TOKEN_PATHS.map((path) => [`POST ${path}`, limits]))
  }

  get url(): string {
    return this.httpApi.apiEndpoint
  }

  /** Lets a role make these requests, signed. Throws where callers are known by tokens, which IAM says nothing of. */
  grant(grantee: IGrantable, right: ApiRight): Grant {
    if (!Object.hasOwn(REQUESTS, right)) {
      const message = `no such right: ${right}; ${suggestion(right, Object.keys(REQUESTS))}`
      throw new InvalidConfig({ issues: [{ path: 'right', message }] })
    }
    if (this.#auth === 'jwt') {
      const message = `'jwt' knows callers by their tokens: give them the scope leasehold/${right}, or use grantClient`
      throw new InvalidConfig({ issues: [{ path: 'apiAuth', message }] })
    }
    const resourceArns = REQUESTS[right].map((request) => {
      const [method, path] = request.split(' ')
      return this.httpApi.arnForExecuteApi(method, path, this.stage.stageName)
    })
    return grantTo(this, { grantee, actions: ['execute-api:Invoke'], resourceArns })
  }

  #stageOf(settings: Settings): HttpStage {
    return new HttpStage(this, 'Stage', {
      httpApi: this.httpApi,
      stageName: '$default',
      autoDeploy: true,
      throttle: { rateLimit: settings.apiRequestsPerSecond, burstLimit: settings.apiBurst },
      accessLogSettings: {
        destination: new LogGroupLogDestination(logGroupOf(this, settings)),
        format: AccessLogFormat.custom(JSON.stringify(LOGGED)),
      },
    })
  }
}

/** Tokens and signatures come in headers, and no cookie is looked at: so no credentials in the sense of CORS. */
function corsOf({ apiCorsOrigins }: Settings): { corsPreflight?: CorsPreflightOptions } {
  if (apiCorsOrigins === undefined) return {}
  return {
    corsPreflight: {
      allowOrigins: [...apiCorsOrigins],
      allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST],
      allowHeaders: CORS_HEADERS,
      exposeHeaders: ['retry-after'],
      maxAge: Duration.hours(1),
    },
  }
}
/** What clients send: a bearer token, or the parts of a signature. */
const CORS_HEADERS = [
  'authorization',
  'content-type',
  'x-amz-date',
  'x-amz-security-token',
  'x-amz-content-sha256',
]

function authorizerOf({ apiAuth, jwtIssuer, jwtAudience }: Settings): IHttpRouteAuthorizer {
  if (apiAuth === 'iam') return new HttpIamAuthorizer()
  return new HttpJwtAuthorizer('Jwt', jwtIssuer ?? '', { jwtAudience: [...(jwtAudience ?? [])] })
}
