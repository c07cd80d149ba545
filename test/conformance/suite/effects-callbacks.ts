import { describe, expect, test } from 'vitest'
import * as v from 'valibot'
import { KeyConflict, ProcessEnded, SignalRefused, UnknownProcess } from '../../../lib/model/errors.ts'
import type { ProcessRegistry } from '../../../lib/registry/port.ts'
import { FlakyRegistry, flow, kitOn, thrown, value, type Ground } from '../../helpers/effects.ts'

/** Tokens that are handed to another system, which answers once. */
export function effectsCallbacks(ground: Ground): void {
  describe('callbacks', () => {
    /** A process that hands out a token and waits; `seen` has each token that any run of it handed out. */
    const asking = async (options: object = {}, registry?: ProcessRegistry) => {
      const seen: string[] = []
      const definition = flow(async (context) => {
        const callback = await context.callback('approval', options)
        await context.step('send', () => void seen.push(callback.token))
        const outcome = await callback.result().catch((error: unknown) => thrown(Promise.reject(error)))
        return [outcome, callback.token === seen[0]]
      })
      const kit = await kitOn(ground, [definition], registry === undefined ? {} : { registry })
      await kit.start(definition, null, { id: 'p' })
      return { kit, token: seen[0] ?? '', seen }
    }

    test('an answer reaches the process, once: again the same is the same, another is refused', async () => {
      const { kit, token } = await asking({ schema: v.object({ by: v.string() }) })
      expect(await kit.client.completeCallback(token, { by: 'ann' })).toEqual({ fresh: true })
      expect(await kit.client.completeCallback(token, { by: 'ann' })).toEqual({ fresh: false })
      await expect(kit.client.completeCallback(token, { by: 'bob' })).rejects.toThrow(KeyConflict)
      await expect(kit.client.failCallback(token, new Error('no'))).rejects.toThrow(KeyConflict)
      expect(await kit.result('p')).toEqual(value([{ by: 'ann' }, true]))
      expect(await kit.client.completeCallback(token, { by: 'ann' })).toEqual({ fresh: false })
    })

    test('a failure, and a value that the schema refuses, reach the process as errors', async () => {
      const failed = await asking()
      await failed.kit.client.failCallback(
        failed.token,
        Object.assign(new Error('declined'), { code: 'E_NO' }),
      )
      expect(await failed.kit.result('p')).toEqual(value([['StepFailed', 'E_NO'], true]))
      const refused = await asking({ schema: v.number() })
      await refused.kit.client.completeCallback(refused.token, 'many')
      expect(await refused.kit.result('p')).toEqual(value([['InvalidInput', 'invalid_input'], true]))
    })

    test('a token that is garbled, of another place or of another process answers nothing', async () => {
      const { kit, token } = await asking()
      const [id, position, secret] = token.split('~')
      for (const bad of [
        '',
        'nonsense',
        `${id}~${position}`,
        `${id}~${position}~${'x'.repeat(22)}`,
        `${id}~7~${secret}`,
        `${token}~more`,
        `${id}~-1~${secret}`,
      ]) {
        await expect(kit.client.completeCallback(bad, 1), bad).rejects.toThrow(SignalRefused)
        await expect(kit.client.heartbeat(bad), bad).rejects.toThrow(SignalRefused)
      }
      const nobodys = `no-such-id~${position}~${secret}`
      await expect(kit.client.completeCallback(nobodys, 1)).rejects.toThrow(UnknownProcess)
      expect(await kit.record('p')).toMatchObject({ status: 'waiting' })
      await kit.client.completeCallback(token, 'yes')
      expect(await kit.result('p')).toEqual(value(['yes', true]))
    })

    test('nothing within the timeout ends the wait, and what comes after it is too late', async () => {
      const { kit, token } = await asking({ timeout: { days: 2 } })
      expect(await kit.result('p')).toEqual(value([['WaitTimedOut', 'wait_timed_out'], true]))
      await expect(kit.client.completeCallback(token, 1)).rejects.toThrow(ProcessEnded)
    })

    test('heartbeats extend the wait without a run or a write, and silence ends it', async () => {
      const { kit, token } = await asking({ heartbeatTimeout: { hours: 1 } })
      const { writes } = kit
      const { fence } = await kit.record('p')
      for (let n = 0; n < 3; n += 1) {
        await kit.skip({ minutes: 50 })
        await kit.client.heartbeat(token)
      }
      // It was looked at when it would otherwise have been given up, and is parked again, not held.
      const parked = await kit.record('p')
      expect(parked).toMatchObject({ status: 'waiting', wait: { on: ['reply "approval"'] } })
      expect(parked.fence - fence).toBeLessThanOrEqual(2)
      expect(kit.writes - writes).toBeLessThanOrEqual(4)
      const from = kit.clock.now()
      expect(await kit.result('p')).toEqual(value([['WaitTimedOut', 'wait_timed_out'], true]))
      expect(kit.clock.now() - from).toBe(3_600_000)
    })

    test('a heartbeat look-up that the store does not answer lets the run go, and another continues', async () => {
      const flaky = new FlakyRegistry(await ground.open())
      const { kit, token } = await asking({ heartbeatTimeout: { hours: 1 } }, flaky.port)
      await kit.client.heartbeat(token)
      flaky.failNext('lastHeartbeat')
      expect(await kit.result('p')).toEqual(value([['WaitTimedOut', 'wait_timed_out'], true]))
    })

    test('a crash at any write gives the same token, or another one before anybody has the first', async () => {
      for (const when of ['before', 'after'] as const) {
        for (let nth = 1; nth <= 4; nth += 1) {
          const tokens: string[] = []
          const definition = flow(async (context) => {
            const callback = await context.callback('approval')
            await context.step('send', () => void tokens.push(callback.token))
            return callback.result()
          })
          const kit = await kitOn(ground, [definition])
          kit.crashAtWrite(nth, when)
          await kit.start(definition, null, { id: 'p' })
          await kit.skip({ minutes: 5 })
          expect(new Set(tokens).size).toBe(1)
          await kit.client.completeCallback(tokens[0] ?? '', 'ok')
          expect([when, nth, await kit.result('p')]).toEqual([when, nth, value('ok')])
        }
      }
    })

    test('a reader of the log cannot answer with what stands there', async () => {
      const { kit, token } = await asking()
      const secret = token.split('~')[2] ?? ''
      expect(secret).not.toBe('')
      expect(JSON.stringify(await kit.log('p'))).not.toContain(secret)
    })
  })
}
