import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { localClients, startEmulators } from '../../lib/local/emulators.ts'
import { OtherStore } from '../../lib/local/errors.ts'
import { ensureTable } from '../../lib/local/resources.ts'
import { startStore } from '../../lib/local/store.ts'
import { InvalidConfig } from '../../lib/model/errors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-store-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

test('an embedded store that was killed returns at its port with its tables', async () => {
  const first = await startStore('embedded', { dataDir: folder })
  const { endpoint } = first
  const { dynamo } = localClients({ region: 'us-east-1', dynamoEndpoint: endpoint, sqsEndpoint: endpoint })
  await ensureTable(dynamo, 'kept')
  process.kill(first.pid, 'SIGKILL')
  await first.ended
  const second = await startStore('embedded', { dataDir: folder, port: Number(new URL(endpoint).port) })
  try {
    expect(second.endpoint).toBe(endpoint)
    expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual(['kept'])
  } finally {
    dynamo.destroy()
    await second.stop()
  }
})

test.each([
  ['embedded', 'shared-local-instance.db', 'dynamodb-local'],
  ['dynamodb-local', 'dynamodb.sqlite', 'embedded'],
] as const)('%s refuses a folder that has only the data of the other store', async (asked, file, owner) => {
  writeFileSync(join(folder, file), '')
  const refused = await startStore(asked, { dataDir: folder }).catch((error: unknown) => error)
  expect(refused).toBeInstanceOf(OtherStore)
  expect((refused as OtherStore).message).toContain(`continue with --store ${owner}, or use another folder`)
  expect(readdirSync(folder)).toEqual([file])
})

test('startEmulators() refuses a store beside an endpoint', async () => {
  const onEvent = () => undefined
  const dynamoEndpoint = 'http://127.0.0.1:9'
  const starting = startEmulators({ region: 'us-east-1', onEvent, dynamoEndpoint, store: 'embedded' })
  await expect(starting).rejects.toThrow(InvalidConfig)
})
