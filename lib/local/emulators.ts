import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { InvalidConfig } from '../model/errors.ts'
import { takeDataDir } from './data-dir.ts'
import { LOCAL_CREDENTIALS, type LocalCredentials } from './credentials.ts'
import type { OnLocalEvent } from './events.ts'
import { startSqs } from './sqs.ts'
import { checkStore, startStore, type StoreName } from './store.ts'

export type Clients = { readonly dynamo: DynamoDBClient; readonly sqs: SQSClient }

export type Emulators = {
  readonly dynamoEndpoint: string
  readonly sqsEndpoint: string
  readonly clients: Clients
  /** Ends those that were started here, and lets go of the data folder. */
  stop(): Promise<void>
}

export type EmulatorOptions = {
  readonly region: string
  /** What to start for the table. Default: the embedded store. */
  readonly store?: StoreName
  /** One's own, used as it is and left running. */
  readonly dynamoEndpoint?: string
  readonly sqsEndpoint?: string
  /** Of the SQS emulator, if it is started here. Default: any that is free. */
  readonly sqsPort?: number
  /** Where their state survives; without it they keep it in memory. */
  readonly dataDir?: string
  readonly onEvent: OnLocalEvent
}

/** Starts both side by side. Where one fails, neither is left behind. */
export async function startEmulators(options: EmulatorOptions): Promise<Emulators> {
  const { region, dataDir, sqsPort, sqsEndpoint } = options
  if (sqsPort !== undefined && sqsEndpoint !== undefined) {
    const message = `expected none beside an emulator of one's own (${sqsEndpoint}), got ${sqsPort}`
    throw new InvalidConfig({ issues: [{ path: 'sqsPort', message }] })
  }
  const { store = 'embedded', dynamoEndpoint } = options
  if (options.store !== undefined && dynamoEndpoint !== undefined) {
    const message = `expected none beside a store of one's own (${dynamoEndpoint}), got ${store}`
    throw new InvalidConfig({ issues: [{ path: 'store', message }] })
  }
  if (dynamoEndpoint === undefined) checkStore(store)
  const data = dataDir === undefined ? undefined : takeDataDir(dataDir)
  let stopping = false
  const starts: readonly [Promise<Emulator>, Promise<Emulator>] = [
    dynamoEndpoint === undefined
      ? startStore(store, data && { dataDir: data.dynamo })
      : onesOwn(dynamoEndpoint),
    options.sqsEndpoint === undefined
      ? startSqs({
          region,
          ...(data && { dataDir: data.sqs }),
          ...(sqsPort === undefined ? {} : { port: sqsPort }),
        })
      : onesOwn(options.sqsEndpoint),
  ]
  const stop = async () => {
    stopping = true
    const started = await Promise.allSettled(starts)
    await Promise.all(
      started.map((each) => (each.status === 'fulfilled' ? each.value.stop() : Promise.resolve())),
    )
    data?.release()
  }
  const watch = (emulator: string, ended: Promise<unknown> | undefined) =>
    void ended?.then(() => {
      if (!stopping) options.onEvent({ type: 'emulator-ended', emulator })
    })
  try {
    const [dynamo, sqs] = await Promise.all(starts)
    watch(store === 'embedded' ? 'the embedded store' : 'DynamoDB Local', dynamo.ended)
    watch('the SQS emulator', sqs.ended)
    const endpoints = { dynamoEndpoint: dynamo.endpoint, sqsEndpoint: sqs.endpoint }
    const clients = localClients({ region, ...endpoints })
    return {
      ...endpoints,
      clients,
      async stop() {
        clients.dynamo.destroy()
        clients.sqs.destroy()
        await stop()
      },
    }
  } catch (error) {
    await stop()
    throw error
  }
}

type Emulator = {
  readonly endpoint: string
  readonly ended?: Promise<unknown>
  stop(): Promise<void>
}

function onesOwn(endpoint: string): Promise<Emulator> {
  return Promise.resolve({ endpoint, stop: () => Promise.resolve() })
}

/** Clients for emulators: a queue's URL may name a host that does not resolve. */
export function localClients(at: { region: string; dynamoEndpoint: string; sqsEndpoint: string }): Clients {
  const { region } = at
  const credentials = LOCAL_CREDENTIALS
  return {
    dynamo: new DynamoDBClient({ endpoint: at.dynamoEndpoint, region, credentials }),
    sqs: sqsClient(at, credentials),
  }
}

/** A client for the SQS emulator that signs with these credentials. */
export function sqsClient(
  { region, sqsEndpoint }: { readonly region: string; readonly sqsEndpoint: string },
  credentials: LocalCredentials,
): SQSClient {
  return new SQSClient({ endpoint: sqsEndpoint, region, credentials, useQueueUrlAsEndpoint: false })
}
