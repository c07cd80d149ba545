import { afterAll, beforeAll, expect, inject, test } from 'vitest'
import { recordProcess, startRaw, type Raw } from '../../bench/raw.ts'
import { idsOf } from '../../bench/through-stack.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { localClients } from '../../lib/local/emulators.ts'
import type { LocalServer } from '../../lib/local/server.ts'
import { startSqs } from '../../lib/local/sqs.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'

let sqs: LocalServer
let raw: Raw
beforeAll(async () => {
  sqs = await startSqs({ region: 'us-east-1' })
  const dynamoEndpoint = inject('dynamoEndpoint')
  raw = await startRaw(dynamoEndpoint, await recordProcess({ dynamoEndpoint, sqsEndpoint: sqs.endpoint }))
})
afterAll(async () => {
  await raw.stop()
  await sqs.stop()
})

test('the raw side leaves the same processes behind as the workers do', async () => {
  const ids = idsOf('raw', 21)
  expect(await raw.drive(ids)).toBeGreaterThan(0)
  const dynamoEndpoint = inject('dynamoEndpoint')
  const { dynamo } = localClients({ region: 'us-east-1', dynamoEndpoint, sqsEndpoint: sqs.endpoint })
  const parts = { tableName: 'bench-raw', clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  const registry = new DynamoProcessRegistry({ client: dynamo, ...parts })
  for (const id of ids) expect(await registry.get(id)).toMatchObject({ status: 'completed' })
  dynamo.destroy()
})
