import { ReceiveMessageCommand, SendMessageBatchCommand } from '@aws-sdk/client-sqs'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect, inject, onTestFinished, test } from 'vitest'
import { startLocalStack } from '../../lib/local/stack.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MAX_STALLS } from '../../lib/model/limits.ts'
import { isEnded, type TerminalRecord } from '../../lib/model/record.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { LocalEvents } from '../helpers/local-events.ts'

test(
  'one of five processes kills its worker each time: the others complete without the sweep [C60] [C80] [C81]',
  { timeout: 120_000 },
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'leasehold-suspects-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const bodiesFile = join(folder, 'bodies')
    const events = new LocalEvents()
    const stack = await startLocalStack({
      name: 'suspects',
      dynamoEndpoint: inject('dynamoEndpoint'),
      workerEntry: fileURLToPath(new URL('fixtures/suspects-worker.ts', import.meta.url)),
      // The sweep looks once, before there is anything: what recovers here comes back by its message.
      timings: { leaseTtlMs: 3_000, renewEveryMs: 1_000, sweepEveryMs: 3_600_000 },
      onEvent: events.on,
      env: { BODIES_FILE: bodiesFile },
    })
    onTestFinished(() => stack.stop())
    const registry = new DynamoProcessRegistry({
      client: stack.clients.dynamo,
      tableName: stack.tableName,
      clock: SYSTEM_CLOCK,
      chance: SYSTEM_CHANCE,
    })
    const ended = async (id: string): Promise<TerminalRecord> => {
      for (;;) {
        const record = await registry.get(parseProcessId(id))
        if (record !== undefined && isEnded(record)) return record
        // The table has no way to tell a reader that it changed; the look is what the test waits with.
        await pause(100)
      }
    }
    const neighbours = ['n-1', 'n-2', 'n-3', 'n-4']
    const Entries = [...neighbours, 'killer'].map((id) => ({
      Id: id,
      MessageBody: JSON.stringify({
        v: 1,
        type: 'start',
        id,
        kind: id === 'killer' ? 'poison' : 'slow',
        input: {},
      }),
    }))
    await stack.clients.sqs.send(new SendMessageBatchCommand({ QueueUrl: stack.queueUrl, Entries }))

    for (const id of neighbours) expect(await ended(id)).toMatchObject({ status: 'completed' })
    expect(await ended('killer')).toMatchObject({
      status: 'failed',
      output: {
        error: { code: 'attempts_exhausted' },
        evidence: { because: 'attempts-exhausted', claims: MAX_STALLS + 2 },
      },
    })
    const bodies = readFileSync(bodiesFile, 'utf8').trim().split('\n')
    const times = (id: string): number => bodies.filter((each) => each === id).length
    for (const id of neighbours) expect(times(id)).toBeLessThanOrEqual(2)
    expect(times('killer')).toBe(MAX_STALLS + 1)
    expect(events.of('invoked').filter((each) => each.function === 'sweep')).toHaveLength(1)
    const { Messages = [] } = await stack.clients.sqs.send(
      new ReceiveMessageCommand({ QueueUrl: stack.deadLetterUrl }),
    )
    expect(Messages).toEqual([])
  },
)
