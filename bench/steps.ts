import { parseArgs } from 'node:util'
import {
  DynamoDBClient,
  PutItemCommand,
  UpdateItemCommand,
  type PutItemCommandInput,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb'
import { startEmulators } from '../lib/local/emulators.ts'
import { ensureTable } from '../lib/local/resources.ts'
import { localClients } from '../lib/local/emulators.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/host/system.ts'
import { DurableProcessWorker } from '../lib/worker/worker.ts'
import { sequential } from './effects.ts'

// `npm run bench:steps`: how many sequential small steps one process makes a second, beside how many single conditional
// updates the same store takes from one caller, in the same run. The updates are a process's own, recorded and sent
// again to a copy of its item: the same conditions, sizes and indexes. The two take turns, so that what else the machine
// does meets both alike. `--json` prints the figures alone.

const STEPS = 200
const ROUNDS = 11
const REGION = 'us-east-1'

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: 'boolean', default: false } } })
  const given = process.env['LEASEHOLD_DYNAMODB_ENDPOINT']
  const emulators = await startEmulators({
    region: REGION,
    onEvent: () => undefined,
    ...(given === undefined || given === '' ? {} : { dynamoEndpoint: given }),
  })
  try {
    const { dynamoEndpoint, sqsEndpoint } = emulators
    const tableName = `bench-steps-${SYSTEM_CHANCE.token()
      .slice(0, 8)
      .replaceAll(/[^A-Za-z0-9]/gu, 'x')}`
    await ensureTable(localClients({ region: REGION, dynamoEndpoint, sqsEndpoint }).dynamo, tableName)
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    const client = new DynamoDBClient({
      endpoint: dynamoEndpoint,
      region: REGION,
      credentials,
      maxAttempts: 1,
    })
    const rounds: { stepsPerSec: number; storeWritesPerSec: number; share: number }[] = []
    // The first round warms both up and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const recorded: UpdateItemCommandInput[] = []
      const start = await recording(client, recorded, () => runSteps(client, tableName, `recorded-${round}`))
      const ours = await timed(() => runSteps(client, tableName, `steps-${round}`))
      const store = await timed(() => replay(client, start, recorded, `raw-${round}`))
      const [stepsPerSec, storeWritesPerSec] = [STEPS / ours, recorded.length / store]
      if (round > 0) rounds.push({ stepsPerSec, storeWritesPerSec, share: stepsPerSec / storeWritesPerSec })
    }
    // The median round: another process that runs for a moment spoils one round and not the figure.
    rounds.sort((a, b) => a.share - b.share)
    const { stepsPerSec, storeWritesPerSec, share } = rounds[Math.floor(ROUNDS / 2)] ?? {
      stepsPerSec: 0,
      storeWritesPerSec: 0,
      share: 0,
    }
    const figures = {
      stepsPerSec: Math.round(stepsPerSec),
      storeWritesPerSec: Math.round(storeWritesPerSec),
      share: Number(share.toFixed(3)),
    }
    if (values.json) console.log(JSON.stringify(figures))
    else
      console.log(
        `${figures.stepsPerSec} steps/s in one process, of ${figures.storeWritesPerSec} conditional updates/s that the store takes from one caller: ${(share * 100).toFixed(1)} %`,
      )
    client.destroy()
  } finally {
    await emulators.stop()
  }
}

/** One process, from its registration to its end. */
async function runSteps(client: DynamoDBClient, tableName: string, id: string): Promise<void> {
  const registry = new DynamoProcessRegistry({
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const worker = new DurableProcessWorker({ registry, definitions: [sequential(STEPS)], ownerId: 'bench' })
  const output = await worker.runProcess({
    id,
    kind: 'sequential',
    input: { order: 1 },
  })
  if (output.outcome !== 'success' || output.value !== STEPS)
    throw new Error(`unexpected output ${JSON.stringify(output)}`)
}

/** Sends a process's updates again, to a copy of the item that its start made. Each is answered as the first one was. */
async function replay(
  client: DynamoDBClient,
  start: PutItemCommandInput,
  updates: readonly UpdateItemCommandInput[],
  id: string,
): Promise<void> {
  const pk = { S: `P#${id}` }
  await client.send(new PutItemCommand({ ...start, Item: { ...start.Item, pk } }))
  for (const update of updates)
    await client.send(new UpdateItemCommand({ ...update, Key: { ...update.Key, pk } }))
}

/** Runs `work` and notes the updates that it sends; answers the put that made the process. */
async function recording(
  client: DynamoDBClient,
  updates: UpdateItemCommandInput[],
  work: () => Promise<void>,
): Promise<PutItemCommandInput> {
  let start: PutItemCommandInput | undefined
  client.middlewareStack.add(
    (next, context) => (args) => {
      const input = structuredClone(args.input)
      if (context.commandName === 'UpdateItemCommand') updates.push(input as UpdateItemCommandInput)
      if (context.commandName === 'PutItemCommand') start ??= input as PutItemCommandInput
      return next(args)
    },
    { step: 'initialize', name: 'recording' },
  )
  await work()
  client.middlewareStack.remove('recording')
  if (start === undefined) throw new Error('no process was started')
  return start
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

await main()
