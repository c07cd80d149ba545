import { API_MEMORY_MB, API_TIMEOUT_MS } from '../model/limits-http.ts'
import type { QueueShape } from '../queue/shape.ts'
import type { Bundles } from './bundled.ts'
import { functionCredentials } from './credentials.ts'
import { sqsClient, type Emulators } from './emulators.ts'
import { startEventSource } from './event-source.ts'
import type { OnLocalEvent } from './events.ts'
import { LocalFunction, type LocalFunctionOptions } from './function.ts'
import { startGateway, type Gateway, type GatewayAuth } from './gateway/gateway.ts'
import type { Queues } from './resources.ts'
import { startSchedule } from './schedule.ts'
import type { LocalTimings } from './timings.ts'

/** One can be killed while another lives, and two cores run no more at once. */
const WORKERS = 2
/** Requests to the API at once: some wait for the end of a process, and others still have to come through. */
const API_ENVIRONMENTS = 8

export type FunctionsOptions = {
  readonly options: {
    readonly workerEntry?: string
    readonly sweepEntry?: string
    readonly apiEntry?: string
    readonly apiAuth?: GatewayAuth
    readonly apiPort?: number
    readonly apiPortPreferred?: number
    readonly inspectPort?: number
    readonly apiEnvironments?: number
    readonly workers?: number
    readonly replaceKilled?: boolean
    readonly concurrency?: number
    readonly env?: Readonly<Record<string, string>>
  }
  readonly name: string
  readonly region: string
  readonly timings: LocalTimings
  readonly shape: QueueShape
  readonly emulators: Emulators
  readonly queues: Queues
  /** Of those handlers for which no other entry is given. */
  readonly bundles: Bundles
  readonly onEvent: OnLocalEvent
}

export type RunningFunctions = {
  readonly worker: LocalFunction
  /** Loads the first worker. Throws `HandlerUnusable`. */
  warm(): Promise<void>
  /** Polls the queue, runs the sweep and serves the API. */
  begin(): Promise<{ readonly apiUrl: string }>
  /** Lets worker and API serve what comes next with these modules. */
  deploy(entries: { readonly worker: string; readonly api: string }): void
  /** Kills all handlers where they are. */
  stop(): Promise<void>
}

/** The worker behind its queue, the sweep on its schedule and the API behind its gateway. */
export function functionsOf(parts: FunctionsOptions): RunningFunctions {
  const { shape, timings, queues, region, onEvent, emulators, bundles } = parts
  const { workerEntry, replaceKilled = false, inspectPort } = parts.options
  const { workers = inspectPort === undefined ? WORKERS : 1 } = parts.options
  const common = { region, onEvent, env: environmentOf(parts) }
  const worker = new LocalFunction({
    ...common,
    label: 'worker',
    functionName: `${parts.name}-worker`,
    entry: workerEntry ?? (() => bundles.path('worker')),
    timeoutMs: shape.worker.timeoutMs,
    memoryMb: shape.worker.memoryMb,
    maxEnvironments: workers,
    replaceKilled,
    ...(inspectPort === undefined ? {} : { inspectPort, oneCodeAtATime: true }),
  })
  const sweep = sweepOf(parts, common)
  const api = apiOf(parts, common)
  const stops = [() => worker.stop(), () => sweep.stop(), () => api.function.stop()]
  return {
    worker,
    warm: () => worker.warm(),
    async begin() {
      // As deployed: a message that the worker does not run yet is left to another one.
      const batchSize = Math.min(
        shape.worker.batchSize,
        parts.options.concurrency ?? shape.worker.concurrency,
      )
      const polled = [
        { queueUrl: queues.queueUrl, queueArn: queues.queueArn, batchSize },
        { queueUrl: queues.urgentUrl, queueArn: queues.urgentArn, batchSize },
        { queueUrl: queues.isolationUrl, queueArn: queues.isolationArn, batchSize: 1 },
      ]
      // Lambda polls with the function's own role.
      const sqs = sqsClient({ ...emulators, region }, functionCredentials('worker'))
      const sources = polled.map((queue) =>
        startEventSource({
          ...queue,
          sqs,
          region,
          windowMs: timings.batchWindowMs,
          receiveWaitMs: timings.receiveWaitMs,
          concurrency: workers,
          invoke: (event) => worker.invoke(event),
          onEvent,
        }),
      )
      const schedule = startSchedule({
        everyMs: timings.sweepEveryMs,
        region,
        invoke: (event) => sweep.invoke(event),
      })
      const stopSources = async (): Promise<void> => {
        await Promise.all(sources.map((source) => source.stop()))
        sqs.destroy()
      }
      stops.push(stopSources, () => schedule.stop())
      const gateway = await api.open()
      stops.push(() => gateway.stop())
      return { apiUrl: gateway.url }
    },
    deploy(entries) {
      worker.deploy(entries.worker)
      api.function.deploy(entries.api)
    },
    // All at once: the source and the schedule wait for invocations that end by being killed.
    stop: async () => void (await Promise.all(stops.map((stop) => stop()))),
  }
}

type CommonVariables = Pick<LocalFunctionOptions, 'region' | 'onEvent' | 'env'>

function sweepOf(
  { options, name, bundles, shape }: FunctionsOptions,
  common: CommonVariables,
): LocalFunction {
  return new LocalFunction({
    ...common,
    label: 'sweep',
    functionName: `${name}-sweep`,
    entry: options.sweepEntry ?? (() => bundles.path('sweep')),
    timeoutMs: shape.sweep.timeoutMs,
    memoryMb: shape.sweep.memoryMb,
    maxEnvironments: 1,
  })
}

/** The API's function, and the gateway that calls it. */
function apiOf(
  { options, name, bundles }: FunctionsOptions,
  common: CommonVariables,
): { readonly function: LocalFunction; open(): Promise<Gateway> } {
  const { apiEntry, apiAuth = 'none', apiEnvironments = API_ENVIRONMENTS } = options
  const { apiPort: port = options.apiPortPreferred } = options
  const target = new LocalFunction({
    ...common,
    env: { ...common.env, LEASEHOLD_API_AUTH: apiAuth === 'none' ? 'none' : 'platform' },
    label: 'api',
    functionName: `${name}-api`,
    entry: apiEntry ?? (() => bundles.path('api')),
    timeoutMs: API_TIMEOUT_MS,
    memoryMb: API_MEMORY_MB,
    maxEnvironments: apiEnvironments,
  })
  const open = () =>
    startGateway({
      target,
      auth: apiAuth,
      ...(port === undefined ? {} : { port, orAny: options.apiPort === undefined }),
    })
  return { function: target, open }
}

/** What the deployed functions are told, and where the emulators are. */
function environmentOf(parts: FunctionsOptions): Record<string, string> {
  const { timings, shape, emulators, queues, options } = parts
  return {
    LEASEHOLD_TABLE: parts.name,
    LEASEHOLD_QUEUE_URL: queues.queueUrl,
    LEASEHOLD_URGENT_QUEUE_URL: queues.urgentUrl,
    LEASEHOLD_ISOLATION_QUEUE_URL: queues.isolationUrl,
    LEASEHOLD_DEAD_LETTER_URL: queues.deadLetterUrl,
    LEASEHOLD_DYNAMODB_ENDPOINT: emulators.dynamoEndpoint,
    LEASEHOLD_SQS_ENDPOINT: emulators.sqsEndpoint,
    LEASEHOLD_LEASE_TTL_MS: String(timings.leaseTtlMs),
    LEASEHOLD_RENEW_EVERY_MS: String(timings.renewEveryMs),
    LEASEHOLD_CONCURRENCY: String(options.concurrency ?? shape.worker.concurrency),
    LEASEHOLD_MAX_RECEIVES: String(shape.work.maxReceiveCount),
    LEASEHOLD_SWEEP_EVERY_MS: String(timings.sweepEveryMs),
    ...options.env,
  }
}
