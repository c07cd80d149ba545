import { expectConfig, type Options } from '../model/options.ts'
import { bundleHandlers, type Bundles } from './bundled.ts'
import { startEmulators, type Clients, type Emulators } from './emulators.ts'
import type { OnLocalEvent } from './events.ts'
import { functionsOf, type RunningFunctions } from './functions.ts'
import type { GatewayAuth } from './gateway/gateway.ts'
import {
  startLocalStatusEvents,
  type LocalStatusEvents,
  type LocalStatusEventsOptions,
} from './status-events/status-events.ts'
import { ensureQueues, ensureTable, type Queues } from './resources.ts'
import { STORES, type StoreName } from './store.ts'
import { localShape, localTimings, type LocalTimings } from './timings.ts'

const REGION = 'us-east-1'

export type LocalStackOptions = {
  /** What to start for the table, if there is no store of one's own. Default: the embedded store, which needs Node alone. */
  readonly store?: StoreName
  /** Where table and queues survive a restart. Default: in memory, gone with the stack. */
  readonly dataDir?: string
  /** Absolute paths of modules that export `handler`. Default: this package's functions, bundled as they are deployed. */
  readonly workerEntry?: string
  readonly sweepEntry?: string
  readonly apiEntry?: string
  /** How the API knows its callers: by nothing (the default), by signatures of `local` and `local`, or by `localToken`s. */
  readonly apiAuth?: GatewayAuth
  /** Default: any that is free. */
  readonly apiPort?: number
  /** The port of the API if it is free, else any. Not beside `apiPort`, which has to be free. */
  readonly apiPortPreferred?: number
  /** Where a debugger may attach to the worker, of which there is one at a time then. */
  readonly inspectPort?: number
  /** Of the SQS emulator, so that queue URLs stay the same from start to start. Default: any that is free. */
  readonly sqsPort?: number
  /** Requests to the API at once; more are throttled. Default 8. */
  readonly apiEnvironments?: number
  readonly statusEventsEntry?: string
  /** Whether changes of status are told to a bus, as events of type `outcome`. Default true. */
  readonly statusEvents?: boolean
  /** What goes wrong with the bus. For tests. */
  readonly busFault?: LocalStatusEventsOptions['busFault']
  readonly timings?: Partial<LocalTimings>
  /** Worker processes at once; default 2. */
  readonly workers?: number
  /** Starts another worker as soon as one has died, and not when its first message comes. Default false, as in Lambda. */
  readonly replaceKilled?: boolean
  /** Processes at once in one worker; default 10. */
  readonly concurrency?: number
  /** More of the handlers' environment. */
  readonly env?: Readonly<Record<string, string>>
  /** Of the table and the queues: two stacks on one emulator need two. Default `leasehold`. */
  readonly name?: string
  /** Emulators of one's own. Default LEASEHOLD_DYNAMODB_ENDPOINT and LEASEHOLD_SQS_ENDPOINT, else they are started. */
  readonly dynamoEndpoint?: string
  readonly sqsEndpoint?: string
  readonly onEvent?: OnLocalEvent
}

const OPTIONS: Options<LocalStackOptions> = {
  store: STORES,
  dataDir: 'text',
  workerEntry: 'text',
  sweepEntry: 'text',
  apiEntry: 'text',
  apiAuth: ['none', 'iam', 'jwt'],
  apiPort: 'any',
  apiPortPreferred: 'any',
  inspectPort: 'any',
  sqsPort: 'any',
  apiEnvironments: 'any',
  statusEventsEntry: 'text',
  statusEvents: 'flag',
  busFault: 'any',
  timings: 'any',
  workers: 'any',
  replaceKilled: 'flag',
  concurrency: 'any',
  env: 'any',
  name: 'text',
  dynamoEndpoint: 'text',
  sqsEndpoint: 'text',
  onEvent: 'function',
}

export type LocalStack = {
  readonly region: string
  readonly dynamoEndpoint: string
  readonly sqsEndpoint: string
  readonly tableName: string
  readonly queueUrl: string
  /** For messages of urgent processes. */
  readonly urgentQueueUrl: string
  readonly deadLetterUrl: string
  /** Where the API is served: `http://127.0.0.1:<port>`. */
  readonly apiUrl: string
  /** Undefined if status events are switched off. */
  readonly statusEvents: Omit<LocalStatusEvents, 'stop'> | undefined
  readonly clients: Clients
  readonly timings: LocalTimings
  /** Worker processes that live now: to be killed at will, another takes over. */
  workerPids(): number[]
  /**
   * Serves what comes next with other handlers, as a Lambda deploy does: absolute paths of modules that export `handler`. A worker
   * that is busy finishes its invocation with the old code, or hands over what it holds.
   */
  deploy(entries: { readonly worker: string; readonly api: string }): void
  /** Kills the handlers where they are and ends the emulators; resolves when nothing is left. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Starts the whole system on this machine: a store, an SQS emulator, the worker behind the queue, the sweep on its schedule
 * and the API by HTTP. Each handler runs in a process of its own that can be killed at any time. Resolves
 * when the first worker has loaded its code. Nothing of it outlives this process, however it ends.
 *
 * Throws `JavaMissing`, `EmulatorFailed`, `DataInUse`, `OtherStore`, `OtherTable`, `HandlerUnusable` and `InvalidConfig`; nothing is
 * left running then.
 *
 *     const stack = await startLocalStack({ onEvent: console.log })
 *     await stack.clients.sqs.send(new SendMessageCommand({ QueueUrl: stack.queueUrl, MessageBody: body }))
 *     await stack.stop()
 */
export async function startLocalStack(options: LocalStackOptions = {}): Promise<LocalStack> {
  expectConfig<LocalStackOptions>(options, OPTIONS)
  const timings = localTimings(options.timings)
  const { name = 'leasehold', onEvent = () => undefined, dataDir } = options
  const dynamoEndpoint = options.dynamoEndpoint ?? given('LEASEHOLD_DYNAMODB_ENDPOINT')
  const sqsEndpoint = options.sqsEndpoint ?? given('LEASEHOLD_SQS_ENDPOINT')
  // Nothing of a bundle waits for an emulator, so they come up side by side.
  const bundles = bundleHandlers(ownHandlers(options))
  let emulators: Emulators | undefined
  let running: RunningFunctions | undefined
  let statusEvents: Promise<LocalStatusEvents | undefined> | undefined
  let warmed: Promise<unknown> | undefined
  const stop = async () => {
    // What is still starting would be left behind.
    const [told] = await Promise.allSettled([statusEvents, warmed])
    await Promise.all([running?.stop(), told.status === 'fulfilled' ? told.value?.stop() : undefined])
    await emulators?.stop()
    await bundles.remove()
  }
  try {
    emulators = await startEmulators({
      region: REGION,
      onEvent,
      ...(options.store === undefined ? {} : { store: options.store }),
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(dynamoEndpoint === undefined ? {} : { dynamoEndpoint }),
      ...(sqsEndpoint === undefined ? {} : { sqsEndpoint }),
      ...(options.sqsPort === undefined ? {} : { sqsPort: options.sqsPort }),
    })
    const parts = { options, name, onEvent, bundles, emulators }
    const queued = warmFunctions(parts, timings, (functions) => {
      running = functions
    })
    warmed = queued
    // A folder outlives this stack, and the next one may read the stream.
    const stream = options.statusEvents !== false || dataDir !== undefined
    statusEvents = ensureTable(emulators.clients.dynamo, name, { stream }).then(() => statusEventsOf(parts))
    const [{ queues, functions }, told] = await Promise.all([queued, statusEvents])
    // Only now: whatever the queue still holds needs the table.
    const { apiUrl } = await functions.begin()
    const { worker } = functions
    let stopped: Promise<void> | undefined
    return {
      region: REGION,
      dynamoEndpoint: emulators.dynamoEndpoint,
      sqsEndpoint: emulators.sqsEndpoint,
      tableName: name,
      queueUrl: queues.queueUrl,
      urgentQueueUrl: queues.urgentUrl,
      deadLetterUrl: queues.deadLetterUrl,
      apiUrl,
      statusEvents: told,
      clients: emulators.clients,
      timings,
      workerPids: () => worker.pids(),
      deploy: (entries) => functions.deploy(entries),
      stop: () => (stopped ??= stop()),
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type StackParts = {
  readonly options: LocalStackOptions
  readonly name: string
  readonly onEvent: OnLocalEvent
  readonly bundles: Bundles
  readonly emulators: Emulators
}

/** Makes the queues, and loads the first worker. `onMade`: there is something to stop from here on. */
async function warmFunctions(
  parts: StackParts,
  timings: LocalTimings,
  onMade: (functions: RunningFunctions) => void,
): Promise<{ readonly queues: Queues; readonly functions: RunningFunctions }> {
  const { name, emulators } = parts
  const shape = localShape(timings)
  const where = { name, endpoint: emulators.sqsEndpoint }
  const queues = await ensureQueues(emulators.clients.sqs, where, shape)
  const functions = functionsOf({ ...parts, region: REGION, timings, shape, queues })
  onMade(functions)
  await functions.warm()
  return { queues, functions }
}

/** Needs the table. */
async function statusEventsOf(parts: StackParts): Promise<LocalStatusEvents | undefined> {
  const { options, name, onEvent, bundles, emulators } = parts
  if (options.statusEvents === false) return undefined
  return startLocalStatusEvents({
    name,
    region: REGION,
    emulators,
    onEvent,
    entry: options.statusEventsEntry ?? (() => bundles.path('statusEvents')),
    ...(options.busFault === undefined ? {} : { busFault: options.busFault }),
  })
}

/** Those for which no other entry is given. */
function ownHandlers({
  workerEntry,
  sweepEntry,
  apiEntry,
  statusEventsEntry,
  statusEvents,
}: LocalStackOptions) {
  const given = {
    worker: workerEntry,
    sweep: sweepEntry,
    api: apiEntry,
    statusEvents: statusEvents === false ? 'none' : statusEventsEntry,
  }
  return (['worker', 'sweep', 'api', 'statusEvents'] as const).filter(
    (handler) => given[handler] === undefined,
  )
}

/** From the environment; an empty variable counts as none. */
function given(variable: string): string | undefined {
  const value = process.env[variable]
  return value === '' ? undefined : value
}
