import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { expect, test } from 'vitest'
import { findJava, startDynamoDbLocal } from '../../lib/local/dynamodb-local.ts'
import { localClients } from '../../lib/local/emulators.ts'
import { EmulatorFailed, JavaMissing } from '../../lib/local/errors.ts'
import { ensureTable } from '../../lib/local/resources.ts'
import { parentOf, untilGone } from '../helpers/processes.ts'

test('without Java it says how to get one, and how to do without', () => {
  const missing = (() => {
    try {
      return findJava({ PATH: '' })
    } catch (error) {
      return error
    }
  })()
  expect(missing).toBeInstanceOf(JavaMissing)
  const { message } = missing as JavaMissing
  expect(message).toContain('apt-get install -y --no-install-recommends openjdk-17-jre-headless')
  expect(message).toContain('brew install')
  expect(message).toContain('LEASEHOLD_DYNAMODB_ENDPOINT=')
})

test('it answers when it is started, and nothing of it is left when it is stopped', async () => {
  const dynamo = await startDynamoDbLocal()
  const folder = folderOf(dynamo.pid)
  const clients = localClients({
    region: 'us-east-1',
    dynamoEndpoint: dynamo.endpoint,
    sqsEndpoint: dynamo.endpoint,
  })
  expect((await clients.dynamo.send(new ListTablesCommand({}))).TableNames).toEqual([])
  expect(readdirSync(tmpdir())).toContain(folder)
  await dynamo.stop()
  await untilGone([dynamo.pid])
  expect(readdirSync(tmpdir())).not.toContain(folder)
  await dynamo.stop()
})

test('it ends when its guard is killed, and that is noticed', async () => {
  const dynamo = await startDynamoDbLocal()
  const folder = folderOf(dynamo.pid)
  process.kill(parentOf(dynamo.pid), 'SIGKILL')
  await dynamo.ended
  await untilGone([dynamo.pid])
  expect(readdirSync(tmpdir())).not.toContain(folder)
})

test('its output is in the error when it does not start', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-no-java-'))
  const before = process.env['JAVA_TOOL_OPTIONS']
  process.env['JAVA_TOOL_OPTIONS'] = '-Xunheardof'
  try {
    const failed = await startDynamoDbLocal({ dataDir: folder }).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(EmulatorFailed)
    expect((failed as Error).message).toMatch(
      /DynamoDB Local ended with code 1 before it answered.*Unrecognized option: -Xunheardof/su,
    )
  } finally {
    if (before === undefined) delete process.env['JAVA_TOOL_OPTIONS']
    else process.env['JAVA_TOOL_OPTIONS'] = before
    rmSync(folder, { recursive: true })
  }
})

/** The folder that a program under guard is started in: the guard's first argument. */
function folderOf(pid: number): string {
  const [, , folder = ''] = readFileSync(`/proc/${parentOf(pid)}/cmdline`, 'utf8').split('\0')
  return folder.split('/').at(-1) ?? ''
}

test('one that was killed comes back where it was, with what it had', async () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'leasehold-again-'))
  const first = await startDynamoDbLocal({ dataDir })
  const port = Number(new URL(first.endpoint).port)
  const { dynamo } = localClients({
    region: 'us-east-1',
    dynamoEndpoint: first.endpoint,
    sqsEndpoint: first.endpoint,
  })
  await ensureTable(dynamo, 'kept')
  process.kill(first.pid, 'SIGKILL')
  await first.ended
  const second = await startDynamoDbLocal({ dataDir, port })
  try {
    expect(second.endpoint).toBe(first.endpoint)
    expect((await dynamo.send(new ListTablesCommand({}))).TableNames).toEqual(['kept'])
  } finally {
    await second.stop()
    rmSync(dataDir, { recursive: true })
  }
})
