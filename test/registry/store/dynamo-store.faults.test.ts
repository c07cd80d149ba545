import * as fc from 'fast-check'
import { beforeAll, describe, expect, inject, test } from 'vitest'
import { LeaseLost, StoreUnavailable } from '../../../lib/model/errors.ts'
import { STORE_RETRY_BASE_MS, STORE_RETRY_MAX_MS, STORE_TRIES } from '../../../lib/model/limits.ts'
import type { ProcessId } from '../../../lib/model/ids.ts'
import { DynamoProcessRegistry } from '../../../lib/registry/dynamo.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { DynamoStore } from '../../../lib/registry/store/dynamo-store.ts'
import { sdkRequests } from '../../../lib/registry/store/requests.ts'
import type { Item } from '../../../lib/registry/store/store.ts'
import { seededChance } from '../../../lib/testing/seeded-chance.ts'
import { SYSTEM_CHANCE } from '../../../lib/host/system.ts'
import { aRegistration, aRequest, claimedOf, freshId, NOW, step, TTL } from '../../conformance/suite/bed.ts'
import { FAULTS, faultyClient, hastyClock, type Fault } from '../../helpers/faulty-client.ts'
import { wholeLife } from '../../helpers/life.ts'
import { everything } from '../../helpers/recorder.ts'
import { freshTable, localClient } from '../../helpers/table.ts'

const endpoint = inject('dynamoEndpoint')
const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
// Tokens are no part of the seed: the emulator remembers those of other runs, as DynamoDB does.
const SEEDED = seededChance(SEED)
const CHANCE = { random: () => SEEDED.random(), token: () => SYSTEM_CHANCE.token() }

describe(`a registry on a DynamoDB that fails (SEED=${SEED})`, () => {
  let tableName = ''
  let smooth: unknown
  beforeAll(async () => {
    tableName = await freshTable(localClient(endpoint), 'faults')
    smooth = (await traceOf(() => undefined)).trace
  })

  function faulty(next: (command: string) => Fault | undefined) {
    const { client, sent } = faultyClient(endpoint, next)
    const parts = { client, tableName, clock: hastyClock(), chance: CHANCE }
    return {
      registry: new DynamoProcessRegistry(parts),
      store: new DynamoStore({ ...parts, requests: sdkRequests(client) }),
      sent,
      clock: parts.clock,
    }
  }

  /** All that was answered and all that was left in the table, without the name that differs between runs. */
  async function traceOf(next: (command: string) => Fault | undefined) {
    const name = freshId('life')
    const { registry, sent } = faulty(next)
    const answers = await wholeLife(registry, name)
    const { store } = faulty(() => undefined)
    const left: (readonly Item[])[] = []
    const suffixes = ['', '-ext', '-once', '-given', '-parent', '-parent.1', '-next']
    for (const suffix of suffixes) left.push(await everything(store, name + suffix))
    left.push(await store.range({ pk: `C#${name}`, from: ' ', to: '~' }))
    const text = JSON.stringify({ answers, left }, (key, value: unknown) =>
      // They follow from the name: the shards that its hash falls into, and the hash of the registration itself.
      ['d', 'an', 'h', 'hash', 'ref', 'r', 'cursor', 'bytes'].includes(key) ? undefined : value,
    )
      .replaceAll(name, 'NAME')
      .replaceAll(/BLOB#[\w-]+/g, 'BLOB')
    return { trace: JSON.parse(text) as unknown, sent }
  }

  for (const fault of FAULTS) {
    test(`every request that meets "${fault}" first ends as if it had not [C18]`, async () => {
      let requests = 0
      const rough = await traceOf(() => (requests++ % 2 === 0 ? fault : undefined))
      expect(rough.trace).toEqual(smooth)
      const commands = new Set(
        rough.sent.filter((each) => each.fault === fault).map(({ command }) => command),
      )
      const all = ['BatchGetItem', 'GetItem', 'PutItem', 'Query', 'TransactWriteItems', 'UpdateItem']
      expect([...commands].sort()).toEqual(all)
    })
  }

  test('any mixture of faults ends as if there had been none [C18]', async () => {
    // No longer in a row than there are tries, or the request would be given up, and rightly.
    const burst = fc.array(fc.constantFrom(...FAULTS), { maxLength: STORE_TRIES - 1 })
    const mixtures = fc.array(burst, { minLength: 20, maxLength: 60 })
    await fc.assert(
      fc.asyncProperty(mixtures, async (mixture) => {
        const faults = mixture.flatMap((each) => [...each, undefined]).values()
        expect((await traceOf(() => faults.next().value)).trace).toEqual(smooth)
      }),
      { seed: SEED, numRuns: 8, endOnFailure: true },
    )
  })

  test('a request that fails every time is given up after its tries, with its cause', async () => {
    const { registry, sent } = faulty(() => 'throttle')
    const failure = await registry.get(aRegistration().id).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(StoreUnavailable)
    expect(failure).toMatchObject({ next: 'retry', facts: { operation: 'get', tries: STORE_TRIES } })
    expect((failure as Error).cause).toMatchObject({ name: 'ProvisionedThroughputExceededException' })
    expect(sent).toHaveLength(STORE_TRIES)
  })

  test('waits between tries grow to their cap, each drawn anew from zero up', async () => {
    const { registry, clock } = faulty(() => 'conflict')
    await expect(registry.get(aRegistration().id)).rejects.toThrow(StoreUnavailable)
    expect(clock.waitedMs).toHaveLength(STORE_TRIES - 1)
    const longest = clock.waitedMs.map((_, n) => Math.min(STORE_RETRY_MAX_MS, STORE_RETRY_BASE_MS * 2 ** n))
    clock.waitedMs.forEach((waitedMs, n) => {
      expect(waitedMs).toBeGreaterThanOrEqual(0)
      expect(waitedMs).toBeLessThan(longest[n]!)
    })
    expect(new Set(clock.waitedMs).size).toBe(STORE_TRIES - 1)
  })

  test('a refusal that is no fault is not tried again', async () => {
    const { client, sent } = faultyClient(endpoint, () => undefined)
    const parts = { client, tableName: 'no-such-table', clock: hastyClock(), chance: CHANCE }
    const failure = new DynamoProcessRegistry(parts).get(aRegistration().id)
    await expect(failure).rejects.toMatchObject({ code: 'store_unavailable', facts: { tries: 1 } })
    expect(sent).toHaveLength(1)
  })

  test('a commit whose answers are all lost is recognised when its owner sends it again [C18]', async () => {
    let fault: Fault | undefined
    const { registry } = faulty(() => fault)
    const { id, ...registration } = aRegistration()
    const { ownership } = claimedOf(await registry.start({ ...registration, id }, aRequest('a'), NOW))
    fault = 'drop after'
    await expect(registry.commit(ownership, [step(0)], NOW)).rejects.toThrow(StoreUnavailable)
    fault = undefined
    const { row } = await registry.commit(ownership, [step(0)], NOW)
    expect(row).toMatchObject({ commit: 1, seq: 1, tail: [step(0)] })
  })

  test('a commit in doubt that another owner overtook is reported as lost, and stands once [C17]', async () => {
    let fault: Fault | undefined
    const { registry } = faulty(() => fault)
    const registration = aRegistration()
    const { ownership } = claimedOf(await registry.start(registration, aRequest('a'), NOW))
    fault = 'drop after'
    await expect(registry.commit(ownership, [step(0)], NOW)).rejects.toThrow(StoreUnavailable)
    fault = undefined
    const next = claimedOf(await registry.claim(registration.id, aRequest('b'), NOW + TTL))
    await expect(registry.commit(ownership, [step(0)], NOW)).rejects.toThrow(LeaseLost)
    expect(next.log.map(({ type }) => type)).toEqual(['effect', 'takeover'])
  })

  test('a registration whose reply was lost counts as created, an earlier one does not [C1]', async () => {
    let faults: (Fault | undefined)[] = ['drop after']
    const { registry } = faulty(() => faults.shift())
    const registration = aRegistration()
    const options = { now: NOW, wakeupScheduled: true }
    expect(await registry.register(registration, options)).toMatchObject({ created: true })
    faults = ['drop before']
    expect(await registry.register(registration, { ...options, now: NOW + 1 })).toMatchObject({
      created: false,
    })
    expect(await registry.register(registration, options)).toMatchObject({ created: false })
  })

  for (const [touch, what] of [
    [(id: ProcessId, r: ProcessRegistry) => r.claim(id, aRequest('b'), NOW), 'was claimed'],
    [(id: ProcessId, r: ProcessRegistry) => r.requestCancel(id, { reason: 'no' }, NOW), 'was cancelled'],
  ] as const)
    test(`register() reports no creation when the row ${what} before its second try [C1]`, async () => {
      let faults: (Fault | undefined)[] = []
      const { registry } = faulty(() => faults.shift())
      const registration = aRegistration()
      const options = { now: NOW, wakeupScheduled: true }
      await registry.register(registration, options)
      await touch(registration.id, registry)
      faults = ['drop after']
      expect(await registry.register(registration, options)).toMatchObject({ created: false })
    })

  test('a transaction carries one token through all its tries', async () => {
    let faults: (Fault | undefined)[] = []
    const { registry, sent } = faulty((command) =>
      command === 'TransactWriteItems' ? faults.shift() : undefined,
    )
    const registration = aRegistration()
    await registry.start(registration, aRequest('a'), NOW)
    faults = ['conflict', 'drop after', 'throttle']
    expect(await registry.claim(registration.id, aRequest('b'), NOW + TTL)).toMatchObject({
      outcome: 'claimed',
    })
    const tokens = sent
      .filter(({ command }) => command === 'TransactWriteItems')
      .map(({ input }) => (input as { ClientRequestToken?: string }).ClientRequestToken)
    expect(tokens).toHaveLength(4)
    expect(new Set(tokens).size).toBe(1)
    expect(tokens[0]).toHaveLength(22)
  })
})
