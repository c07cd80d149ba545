import { describe, expect, test } from 'vitest'
import type { Seq } from '../../../lib/model/ids.ts'
import { KeyConflict, ProcessEnded, SignalRefused, UnknownProcess } from '../../../lib/model/errors.ts'
import type { LogEntry } from '../../../lib/model/log.ts'
import { flow, kitOn, runs, thrown, value, type Ground, type Kit } from '../../helpers/effects.ts'

const DAY_MS = 86_400_000

/** What a process waits for: time, signals, and what they race to. */
export function effectsWaits(ground: Ground): void {
  sleeps(ground)
  signals(ground)
}

function sleeps(ground: Ground): void {
  describe('sleeps', () => {
    test('a sleep of 90 days is never early, holds nothing meanwhile, and survives crashes [C37]', async () => {
      const definition = flow(async (context) => {
        const from = context.now()
        await context.sleep({ days: 90 }, 'quarter')
        return kit.clock.now() - from
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const parked = await kit.record('p')
      expect(parked).toMatchObject({ status: 'waiting', wait: { for: 'effects', on: ['sleep "quarter"'] } })
      expect(parked).not.toHaveProperty('grant')
      expect(kit.clock.pending).toBe(0)
      await kit.skip({ days: 89 })
      expect((await kit.record('p')).fence).toBe(parked.fence)
      kit.crashAtWrite(1, 'after')
      const output = await kit.result('p')
      expect(output).toMatchObject({ outcome: 'success' })
      const slept = (output as { value: number }).value
      expect(slept).toBeGreaterThanOrEqual(90 * DAY_MS)
      // The worker died as it woke: the lease had to run out.
      expect(slept).toBeLessThan(90 * DAY_MS + 120_000)
    })

    test('a timer of another month fires to the second [C37]', async () => {
      const definition = flow(async (context) => {
        const until = context.now() + 40 * DAY_MS + 12_345
        await context.sleepUntil(until)
        return kit.clock.now() - until
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(0))
    })

    test('a parked process costs no request while it waits', async () => {
      const definition = flow((context) => context.signal('go'))
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const { writes } = kit
      await kit.skip({ days: 30 })
      expect(kit.writes).toBe(writes)
      expect(await kit.record('p')).not.toHaveProperty('dueAt')
    })

    test('the moment of waking is fixed when the sleep begins, not when the process is run again', async () => {
      const definition = flow(async (context) => {
        const from = context.now()
        await context.all([
          () => context.sleep({ days: 10 }, 'ten'),
          async () => {
            for (let day = 0; day < 7; day += 1) await context.sleep({ days: 1 }, 'one')
          },
        ])
        return kit.clock.now() - from
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      expect(await kit.result('p')).toEqual(value(10 * DAY_MS))
    })

    test('durations that cannot be meant are refused by name, and take no place', async () => {
      const output = await runs(ground, async (context) => {
        const refused = await Promise.all(
          [
            context.sleep({ seconds: -1 }),
            context.sleep({ days: 1e9 }),
            context.sleep({} as never),
            context.sleep(5 as never),
            context.sleep({ seconds: Number.NaN }),
            context.sleep({ weeks: 1 } as never),
            context.sleepUntil(Number.POSITIVE_INFINITY),
            context.sleepUntil(new Date('never')),
            context.signal('x', { timeout: { seconds: -1 } }),
            context.callback('x', { heartbeatTimeout: { ms: Number.POSITIVE_INFINITY } }),
          ].map(thrown),
        )
        await context.sleepUntil(-1)
        return [
          ...new Set(refused.map(String)),
          await context.step('a', ({ idempotencyKey }) => idempotencyKey),
        ]
      })
      expect(output).toEqual(value(['InvalidInput,invalid_input', 'p/1']))
    })
  })
}

function signals(ground: Ground): void {
  describe('signals', () => {
    test('the nth signal reaches the nth wait, whenever it is sent, though the worker dies [C38]', async () => {
      const definition = flow(async (context) => {
        const got = [await context.signal('go')]
        await context.step('work', () => kit.client.signal('p', { name: 'go', payload: 'during', key: 'k2' }))
        got.push(await context.signal('go'))
        got.push(await context.signal('go'))
        await context.step('die', () => (died ? undefined : ((died = true), kit.crash())))
        got.push(await context.signal('go'), await context.signal('go'))
        return got
      })
      let died = false
      const kit = await kitOn(ground, [definition])
      await kit.client.start(definition, null, { id: 'p' })
      await kit.client.signal('p', { name: 'go', payload: 'before', key: 'k1' })
      await kit.settle()
      expect(await kit.record('p')).toMatchObject({ status: 'waiting' })
      await kit.client.signal('p', { name: 'go', payload: 'parked', key: 'k3' })
      await kit.settle()
      expect(died).toBe(true)
      await kit.client.signal('p', { name: 'go', payload: 'down 1', key: 'k4' })
      await kit.client.signal('p', { name: 'go', payload: 'down 2', key: 'k5' })
      expect(await kit.result('p')).toEqual(value(['before', 'during', 'parked', 'down 1', 'down 2']))
    })

    test('a signal counts once by its key; another content under the key is a conflict [C26, C38]', async () => {
      const definition = flow(async (context) => [await context.signal('n'), await context.signal('n')])
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const send = (payload: number, key: string, name = 'n') =>
        kit.client.signal('p', { name, payload, key })
      expect(await send(1, 'a')).toEqual({ fresh: true })
      expect(await send(1, 'a')).toEqual({ fresh: false })
      await expect(send(2, 'a')).rejects.toThrow(KeyConflict)
      await expect(send(1, 'a', 'other')).rejects.toThrow(KeyConflict)
      await kit.settle()
      expect(await kit.record('p')).toMatchObject({ status: 'waiting' })
      await send(2, 'b')
      expect(await kit.result('p')).toEqual(value([1, 2]))
      expect(await send(2, 'b')).toEqual({ fresh: false })
      await expect(send(3, 'c')).rejects.toThrow(ProcessEnded)
    })

    test('signals that no wait takes, with bad names or to unknown ids, change no process', async () => {
      const definition = flow((context) => context.signal('go'))
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.signal('p', 'unheard', { any: 'thing' })
      expect(await kit.record('p')).toMatchObject({ status: 'waiting' })
      for (const bad of [
        { name: '', key: 'k' },
        { name: 'go', key: '' },
        { name: 'x'.repeat(257), key: 'k' },
        { name: '\ud800', key: 'k' },
      ]) {
        await expect(kit.client.signal('p', bad)).rejects.toThrow(SignalRefused)
      }
      await expect(kit.client.signal('no-such-id', { name: 'go', key: 'k' })).rejects.toThrow(UnknownProcess)
      await expect(
        kit.client.signal('p', { name: 'go', key: 'k', payload: { at: new Date() } as never }),
      ).rejects.toThrow(/\$\.at is a Date/u)
      await kit.signal('p', 'go', 'at last')
      expect(await kit.result('p')).toEqual(value('at last'))
    })

    test('a wait that ends by its time names the time, and signals that no wait has taken', async () => {
      const definition = flow(async (context) => {
        const says = await context
          .signal('approve', { timeout: { minutes: 90 } })
          .catch((error: Error) => error.message)
        await context.sleep({ days: 1 })
        const callback = await context.callback('paid', { timeout: { seconds: 90 } })
        const silent = await callback.result().catch((error: Error) => error.message)
        return [says, silent, await context.signal('read')]
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.signal('p', 'aprove', 1)
      await kit.signal('p', 'aprove', 2)
      await kit.signal('p', 'read', 3)
      // Recorded with the outcome: each run says the same, whatever has arrived by then.
      expect(await kit.result('p')).toEqual(
        value([
          'no signal "approve" within 90 min; unread here: "aprove", "read"',
          'no reply to callback "paid" within 90 s',
          3,
        ]),
      )
    })

    test('a timeout and its signal race to one outcome, which every replay sees [C39]', async () => {
      const definition = flow(async (context) => {
        const seen = []
        for (let n = 0; n < 3; n += 1)
          seen.push(await thrown(context.signal('go', { timeout: { hours: 1 } })))
        await context.sleep({ days: 1 })
        return seen
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      await kit.skip({ minutes: 59 })
      await kit.signal('p', 'go')
      await kit.skip({ minutes: 60 })
      // The third wait began when the second was over, so this one comes in time.
      await kit.skip({ minutes: 59 })
      await kit.signal('p', 'go')
      const timedOut = ['WaitTimedOut', 'wait_timed_out']
      expect(await kit.result('p')).toEqual(value(['nothing', timedOut, 'nothing']))
    })

    test('of many signals sent at once, to a process that parks again and again, none is lost [C38]', async () => {
      const count = Math.min(ground.many, 100)
      const definition = flow(async (context) => {
        const got = new Set<unknown>()
        while (got.size < count) got.add(await context.signal('n'))
        return got.size
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      for (let from = 0; from < count; from += 7) {
        const some = Array.from({ length: Math.min(7, count - from) }, (_, n) => from + n)
        await Promise.all(some.map((n) => kit.client.signal('p', { name: 'n', payload: n, key: `k${n}` })))
        await kit.settle()
      }
      expect(await kit.result('p')).toEqual(value(count))
    })

    test('thousands of signals that came before the first wait are taken in their order', async () => {
      const count = ground.many
      const definition = flow(async (context) => {
        await context.sleep({ days: 1 }, 'busy elsewhere')
        const got: unknown[] = []
        while (got.length < count) got.push(await context.signal('n'))
        return got.every((each, n) => n === 0 || (each as number) > (got[n - 1] as number))
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      for (let n = 0; n < count; n += 1) await kit.client.signal('p', { name: 'n', payload: n, key: `k${n}` })
      expect(await kit.result('p')).toEqual(value(true))
    }, 120_000)

    test('waitFor() returns the first match after the cursor, past or future, or times out [C28]', async () => {
      const definition = flow(async (context) => {
        await context.emit('progress', 1)
        await context.sleep({ minutes: 1 })
        await context.emit('progress', 2)
      })
      const kit = await kitOn(ground, [definition])
      await kit.start(definition, null, { id: 'p' })
      const progress = (entry: LogEntry) => entry.type === 'effect' && entry.name === 'progress'
      const first = await kit.client.waitFor('p', progress)
      const second = waitUntil(kit, first.seq, progress)
      expect((await second).seq).toBeGreaterThan(first.seq)
      await expect(waitUntil(kit, 1_000_000, progress)).rejects.toThrow('nothing came')
      await expect(kit.client.waitFor('no-such-id', progress)).rejects.toThrow(UnknownProcess)
    })
  })
}

/** Waits from outside, while the world continues. */
async function waitUntil(kit: Kit, after: Seq, matches: (entry: LogEntry) => boolean): Promise<LogEntry> {
  const waiting = kit.client.waitFor('p', matches, { after, timeout: { minutes: 3 } })
  waiting.catch(() => {})
  await kit.skip({ minutes: 4 })
  return waiting
}
