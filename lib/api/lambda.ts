import type { APIGatewayProxyStructuredResultV2, Context } from 'aws-lambda'
import * as v from 'valibot'
import { API_STORE_PATIENCE_MS } from '../model/limits-http.ts'
import { expectConfig } from '../model/options.ts'
import { powertoolsTelemetry, withTelemetry } from '../telemetry/powertools.ts'
import { sqsClient } from '../host/clients.ts'
import {
  HANDLER_OPTIONS,
  ordinaryDoorbellOf,
  queueWatchOf,
  registryOf,
  type HandlerOptions,
} from '../host/deployed.ts'
import { readEnvironment, warnOfUnknownVariables } from '../host/environment.ts'
import { configured } from '../model/validation.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'
import { apiApp } from './app.ts'
import { platformOf, requestOf, resultOf, type HttpEvent } from './event.ts'

/** The kinds that can be started through it, and the codec and the place for large values, as the workers have them. */
export type ApiHandlerOptions = HandlerOptions

/** The environment variables of the API, besides those of every function. */
const ENVIRONMENT = v.object({
  LEASEHOLD_API_AUTH: v.optional(v.picklist(['platform', 'none']), 'platform'),
  LEASEHOLD_API_SCOPE_PREFIX: v.optional(v.string(), 'leasehold/'),
  /** Of the package that made the stack. */
  LEASEHOLD_VERSION: v.optional(v.string()),
})

/**
 * The handler of the API's function, behind an HTTP API or a function URL (payload 2.0). Clients are made once for each
 * environment, and their connections stay open. Throws `InvalidConfig` at a cold start where its environment is wrong.
 *
 *     export const handler = apiHandler({ definitions: [importCsv, sendInvoices] })
 */
export function apiHandler(
  options: ApiHandlerOptions,
): (event: HttpEvent, context: Context) => Promise<APIGatewayProxyStructuredResultV2> {
  expectConfig(options, HANDLER_OPTIONS)
  const environment = readEnvironment(process.env)
  const own = configured(ENVIRONMENT, process.env)
  const telemetry = powertoolsTelemetry({ service: environment.AWS_LAMBDA_FUNCTION_NAME })
  warnOfUnknownVariables(process.env, telemetry)
  const client = sqsClient(environment)
  const { LEASEHOLD_VERSION: version } = own
  const app = apiApp({
    registry: registryOf(environment, options.payloads, API_STORE_PATIENCE_MS),
    doorbell: ordinaryDoorbellOf(client, environment),
    queues: queueWatchOf(client, environment),
    ...(version === undefined ? {} : { version }),
    clock: SYSTEM_CLOCK,
    definitions: options.definitions,
    telemetry,
    auth: own.LEASEHOLD_API_AUTH,
    scopePrefix: own.LEASEHOLD_API_SCOPE_PREFIX,
  })
  return withTelemetry(telemetry, async (event, context) =>
    resultOf(await app.fetch(requestOf(event), platformOf(event, context))),
  )
}
