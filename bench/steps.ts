import { parseArgs } from 'node:util'
import { DynamoDBClient, PutItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb'
import { startEmulators } from '../lib/local/emulators.ts'
import { ensureTable } from '../lib/local/resources.ts'
import { localClients } from '../lib/local/emulators.ts'
import { DynamoProcessRegistry } from '../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../lib/worker/system.ts'
import { DurableProcessWorker } from '../lib/worker/worker.ts'
import { sequential } from './effects.ts'

// `npm run bench:steps`: how many sequential small steps one process makes a second, beside how many single conditional
// updates the same store takes from one caller, in the same run. The two take turns, so that what else the machine
// does meets both alike. `--json` prints the figures alone.

const STEPS = 200
const ROUNDS = 5
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
    const seconds = { ours: 0, store: 0 }
    // The first round warms both up and does not count.
    for (let round = 0; round <= ROUNDS; round += 1) {
      const ours = await timed(() => runSteps(client, tableName, round))
      const store = await timed(() => updates(client, tableName, round))
      if (round === 0) continue
      seconds.ours += ours
      seconds.store += store
    }
    const stepsPerSec = (STEPS * ROUNDS) / seconds.ours
    const storeWritesPerSec = (STEPS * ROUNDS) / seconds.store
    const share = stepsPerSec / storeWritesPerSec
    const rounded = {
      stepsPerSec: Math.round(stepsPerSec),
      storeWritesPerSec: Math.round(storeWritesPerSec),
      share: Number(share.toFixed(3)),
    }
    if (values.json) console.log(JSON.stringify(rounded))
    else
      console.log(
        `${rounded.stepsPerSec} steps/s in one process, of ${rounded.storeWritesPerSec} conditional updates/s that the store takes from one caller: ${(share * 100).toFixed(1)} %`,
      )
    client.destroy()
  } finally {
    await emulators.stop()
  }
}

/** One process, from its registration to its end. */
async function runSteps(client: DynamoDBClient, tableName: string, round: number): Promise<void> {
  const registry = new DynamoProcessRegistry({
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const worker = new DurableProcessWorker({ registry, definitions: [sequential(STEPS)], ownerId: 'bench' })
  const output = await worker.runProcess({
    id: `steps-${round}`,
    kind: 'sequential',
    input: { order: round },
  })
  if (output.outcome !== 'success' || output.value !== STEPS)
    throw new Error(`unexpected output ${JSON.stringify(output)}`)
}

/** Single conditional updates of one item as a process item is updated: a counter checked and moved, a list appended to. */
async function updates(client: DynamoDBClient, tableName: string, round: number): Promise<void> {
  const Key = { pk: { S: `raw-${round}` }, sk: { S: 'PROCESS' } }
  const Item = { ...Key, c: { N: '0' }, f: { N: '1' }, t: { L: [] }, pad: { S: 'x'.repeat(500) } }
  await client.send(new PutItemCommand({ TableName: tableName, Item }))
  for (let n = 0; n < STEPS; n += 1) {
    await client.send(
      new UpdateItemCommand({
        TableName: tableName,
        Key,
        UpdateExpression: 'SET #t = :entries ADD #c :one',
        ConditionExpression: '#f = :fence AND #c = :n',
        ExpressionAttributeNames: { '#t': 't', '#c': 'c', '#f': 'f' },
        ExpressionAttributeValues: {
          ':entries': { L: [{ S: `["e",1764000000000,${n},"s","add",1,1]` }] },
          ':one': { N: '1' },
          ':fence': { N: '1' },
          ':n': { N: String(n) },
        },
        ReturnValues: 'ALL_NEW',
        ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
      }),
    )
  }
}

async function timed(work: () => Promise<void>): Promise<number> {
  const startedAt = performance.now()
  await work()
  return (performance.now() - startedAt) / 1_000
}

await main()
