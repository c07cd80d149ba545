import { describe, expect, inject, test } from 'vitest'
import { parseProcessId } from '../../lib/model/ids.ts'
import { INLINE_VALUE_MAX_BYTES } from '../../lib/model/limits.ts'
import { VALUES_IN_FLIGHT_MAX } from '../../lib/model/limits-flight.ts'
import { toRegistration } from '../../lib/model/registration.ts'
import { DynamoProcessRegistry } from '../../lib/registry/dynamo.ts'
import { Gate } from '../../lib/registry/gate.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../lib/host/system.ts'
import { freshTable, localClient } from '../helpers/table.ts'

/** Requests that are answered one by one, when the test says so. */
function answering(gate: Gate) {
  const open: { name: string; answer: () => void; fail: () => void }[] = []
  const send = (id: string, name: string) =>
    gate.pass(
      id,
      () =>
        new Promise<string>((resolve, reject) =>
          open.push({ name, answer: () => resolve(name), fail: () => reject(new Error(name)) }),
        ),
    )
  const turn = () => new Promise((resolve) => void setImmediate(resolve))
  return { send, turn, open: () => open.map(({ name }) => name), first: () => open.shift() }
}

describe('a gate', () => {
  test('lets a bounded number of requests through, and the next one as soon as one is answered', async () => {
    const { send, turn, open, first } = answering(new Gate(2))
    const sent = ['a1', 'a2', 'a3'].map((name) => send('a', name))
    await turn()
    expect(open()).toEqual(['a1', 'a2'])
    first()?.answer()
    await turn()
    expect(open()).toEqual(['a2', 'a3'])
    first()?.answer()
    first()?.answer()
    expect(await Promise.all(sent)).toEqual(['a1', 'a2', 'a3'])
  })

  test('takes processes in turn, so a long queue of one delays another by one request', async () => {
    const { send, turn, open, first } = answering(new Gate(1))
    for (const name of ['a1', 'a2', 'a3', 'a4']) void send('a', name)
    for (const name of ['b1', 'c1', 'b2']) void send(name.slice(0, 1), name)
    const order: string[] = []
    for (let n = 0; n < 7; n += 1) {
      await turn()
      order.push(...open())
      first()?.answer()
    }
    expect(order).toEqual(['a1', 'a2', 'b1', 'c1', 'a3', 'b2', 'a4'])
  })

  test('gives the place of a failed request to the next one', async () => {
    const { send, turn, open, first } = answering(new Gate(1))
    const failed = send('a', 'a1')
    void send('a', 'a2')
    await turn()
    first()?.fail()
    await expect(failed).rejects.toThrow('a1')
    await turn()
    expect(open()).toEqual(['a2'])
  })
})

test('values wait for each other, and neither a renewal nor a commit waits for them', async () => {
  const client = localClient(inject('dynamoEndpoint'))
  let [open, most, puts] = [0, 0, 0]
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        if (commandName !== 'PutItemCommand') return next(args)
        puts += 1
        open += 1
        most = Math.max(most, open)
        try {
          return await next(args)
        } finally {
          open -= 1
        }
      },
    { step: 'initialize' },
  )
  const tableName = await freshTable(client, 'gate')
  const registry = new DynamoProcessRegistry({
    client,
    tableName,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  })
  const id = parseProcessId('p')
  const request = { ownerId: 'o', attemptId: 'i', token: 't', ttlMs: 30_000 }
  const registration = toRegistration({ id, kind: 'k', input: null })
  const claimed = await registry.start(registration, request, Date.now())
  if (claimed.outcome !== 'claimed') throw new Error(claimed.outcome)
  ;[most, puts] = [0, 0]
  const value = 'x'.repeat(2_048)
  let kept = 0
  const keeping = Array.from({ length: 150 }, async (_, n) => {
    await registry.keep(id, `${n} ${value}`, 'a value')
    kept += 1
  })
  await registry.renew(claimed.ownership.lease, 30_000, Date.now())
  await registry.commit(claimed.ownership, [{ type: 'resume', at: 1 }], Date.now())
  expect(kept).toBeLessThan(120)
  await Promise.all(keeping)
  expect([puts, most]).toEqual([150, VALUES_IN_FLIGHT_MAX])
})

test('a value that rides along does not wait for those that do not', async () => {
  const { promise: answered, resolve: answer } = Promise.withResolvers<void>()
  const large = { maxBytes: 16_000_000, put: () => answered, get: async () => undefined }
  const registry = new MemoryProcessRegistry({ payloads: { large } })
  const id = parseProcessId('p')
  const text = 'x'.repeat(400_000)
  const slow = Array.from({ length: VALUES_IN_FLIGHT_MAX + 1 }, () => registry.keep(id, text, 'a value'))
  const small = 'x'.repeat(INLINE_VALUE_MAX_BYTES - 10)
  expect(await registry.keep(id, small, 'a value')).toEqual({ value: small })
  answer()
  await Promise.all(slow)
})
