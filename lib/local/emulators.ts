import { DynamoDBClient } from '@aws-sdk/client-dynamodb'
import { SQSClient } from '@aws-sdk/client-sqs'
import { InvalidConfig } from '../model/errors.ts'
import { takeDataDir } from './data-dir.ts'
import { findJava, startDynamoDbLocal } from './dynamodb-local.ts'
import type { OnLocalEvent } from './events.ts'
import { startSqs } from './sqs.ts'

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
    throw new InvalidConfig({ flaws: [{ path: 'sqsPort', message }] })
  }
  // What a user is most likely to lack is looked for before anything is started or made.
  if (options.dynamoEndpoint === undefined) findJava()
  const data = dataDir === undefined ? undefined : takeDataDir(dataDir)
  let stopping = false
  const starts: readonly [Promise<Emulator>, Promise<Emulator>] = [
    options.dynamoEndpoint === undefined
      ? startDynamoDbLocal(data && { dataDir: data.dynamo })
      : onesOwn(options.dynamoEndpoint),
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
    watch('DynamoDB Local', dynamo.ended)
    watch('the SQS emulator', sqs.ended)
    const [dynamoEndpoint, sqsEndpoint] = [dynamo.endpoint, sqs.endpoint]
    const clients = localClients({ region, dynamoEndpoint, sqsEndpoint })
    return {
      dynamoEndpoint,
      sqsEndpoint,
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

/** The one user of this machine: the gateway knows it by its signature, and no emulator looks. */
export const LOCAL_CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' } as const

/** Clients for emulators: a queue's URL may name a host that does not resolve. */
export function localClients(at: { region: string; dynamoEndpoint: string; sqsEndpoint: string }): Clients {
  const { region } = at
  const credentials = LOCAL_CREDENTIALS
  return {
    dynamo: new DynamoDBClient({ endpoint: at.dynamoEndpoint, region, credentials }),
    sqs: new SQSClient({ endpoint: at.sqsEndpoint, region, credentials, useQueueUrlAsEndpoint: false }),
  }
}
