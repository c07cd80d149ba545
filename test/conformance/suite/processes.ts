import { expect, test } from 'vitest'
import type { Processes } from '../../../lib/client/processes.ts'
import {
  CompletionConflict,
  CompletionRefused,
  InvalidId,
  InvalidInput,
  KeyConflict,
  NotSerialisable,
  ProcessEnded,
  ProcessOpen,
  RegistrationConflict,
  SignalRefused,
  UnknownProcess,
  WaitTimedOut,
} from '../../../lib/model/errors.ts'
import type { Json } from '../../../lib/model/json.ts'
import type { LogEntry } from '../../../lib/model/log.ts'
import { approval, broken, echo, flaky, manual, payment } from '../fixtures/definitions.ts'
import { freshId } from './bed.ts'

const SECRET = 'a-secret-of-the-caller'
const emitted = (entry: LogEntry): boolean => entry.type === 'effect' && entry.effect === 'emit'

/** What `Processes` promises, whatever stands behind it: workers run the kinds of the fixtures meanwhile. */
export function processesSuite(open: () => Processes): void {
  startingSuite(open)
  readingSuite(open)
  askingSuite(open)
  answeringSuite(open)
}

function startingSuite(open: () => Processes): void {
  test('a start runs, and its result has the type that its definition says', async () => {
    const id = freshId('echo')
    const started = await open().start(echo, { n: 21 }, { id, scope: 'tenant-1' })
    expect(started).toMatchObject({ id, kind: 'echo', scope: 'tenant-1', input: { value: { n: 21 } } })
    const output = await open().result(echo, id)
    expect(output.outcome === 'success' && output.value.doubled).toBe(42)
    expect(await open().result(id)).toEqual({ outcome: 'success', value: { doubled: 42 } })
    expect(await open().get(id)).toMatchObject({ status: 'completed', fence: 1, recovery: 'rerun' })
  })

  test('get() names signals that no wait has taken while the process is open', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    for (const key of ['1', '2']) await open().signal(id, { name: 'aproved', key })
    expect(await open().get(id)).toMatchObject({ unread: ['aproved'] })
    await open().signal(id, { name: 'approved', key: '3' })
    await open().result(id)
    expect(await open().get(id)).not.toHaveProperty('unread')
  })

  test('get() shows the step that failed last and is tried again, until the process has ended', async () => {
    const id = freshId('flaky')
    await open().start(flaky, {}, { id })
    const { at, dueAt } = (await open().waitFor(id, ({ type }) => type === 'attempt')) as {
      at: number
      dueAt: number
    }
    expect(await open().get(id)).toMatchObject({
      failing: {
        name: 'ask the bank',
        attempts: 1,
        at,
        dueAt,
        error: { class: 'RangeError', message: '503' },
      },
    })
    await open().cancel(id)
    await open().result(id)
    expect(await open().get(id)).not.toHaveProperty('failing')
  })

  test('the same start again is the same process, another under its id is a conflict', async () => {
    const id = freshId('echo')
    const first = await open().start(echo, { n: 1 }, { id })
    const again = await open().start(echo, { n: 1 }, { id })
    expect(again.createdAt).toBe(first.createdAt)
    await expect(open().start(echo, { n: 2 }, { id })).rejects.toThrow(RegistrationConflict)
  })

  test('a start is refused by what its definition says, by its id and by the form of its options', async () => {
    const wrong = open().start(echo, { n: 'one' } as unknown as { n: number }, { id: freshId() })
    await expect(wrong).rejects.toThrow(InvalidInput)
    await expect(wrong).rejects.toMatchObject({ issues: [{ path: expect.stringMatching(/(^|\.)n$/) }] })
    await expect(open().start(echo, { n: 1 }, { id: 'a b' })).rejects.toThrow(InvalidId)
    const options = { id: freshId(), limits: { timeoutMs: 0 } }
    await expect(open().start(echo, { n: 1 }, options)).rejects.toThrow(InvalidInput)
  })

  test('many starts are answered one by one, in order', async () => {
    const ids = Array.from({ length: 12 }, () => freshId('many'))
    await open().start(echo, { n: 0 }, { id: ids[3]! })
    const starts = ids.map((id, n) => ({
      id: n === 5 ? 'a b' : id,
      input: n === 8 ? (undefined as never) : { n },
      ...(n === 7 ? { limits: { timeoutMs: 0 } } : {}),
    }))
    const replies = await open().startMany(echo, starts)
    expect(replies.map((reply) => reply.id)).toEqual(starts.map(({ id }) => id))
    expect(replies.map((reply) => reply.ok)).toEqual(ids.map((_, n) => ![3, 5, 7, 8].includes(n)))
    expect(replies[3]).toMatchObject({ ok: false, error: { code: 'registration_conflict' } })
    expect(replies[5]).toMatchObject({ ok: false, error: { code: 'invalid_id' } })
    expect(replies[7]).toMatchObject({ ok: false, error: { code: 'invalid_input' } })
    expect(replies[8]).toMatchObject({ ok: false, error: { code: 'not_serialisable' } })
    expect(replies[0]).toMatchObject({ ok: true, created: true, process: { kind: 'echo' } })
    expect(await open().startMany(echo, starts.slice(0, 1))).toMatchObject([{ ok: true, created: false }])
    expect(await open().result(echo, ids[11]!)).toEqual({ outcome: 'success', value: { doubled: 22 } })
    expect(await open().startMany(echo, [])).toEqual([])
  })

  test('an ended process is started again as a new one, once', async () => {
    const id = freshId('broken')
    await open().start(broken, { why: 'no luck' }, { id, provenance: { source: 'shop' } })
    const error = { class: 'TypeError', message: 'no luck' }
    expect(await open().result(id)).toMatchObject({ outcome: 'failure', error })
    const again = await open().retry(id)
    expect(again).toMatchObject({ id: `${id}.retry`, provenance: { source: 'shop', retryOf: id } })
    expect((await open().retry(id)).createdAt).toBe(again.createdAt)
    expect(await open().get(id)).toMatchObject({ status: 'failed', retriedBy: `${id}.retry` })
    expect(await open().retry(id, { id: `${id}-2` })).toMatchObject({ input: { value: { why: 'no luck' } } })
    expect(await open().get(id)).toMatchObject({ status: 'failed', retriedBy: `${id}-2` })
    const waiting = freshId('approval')
    await open().start(approval, {}, { id: waiting })
    await expect(open().retry(waiting)).rejects.toThrow(ProcessOpen)
    await expect(open().retry('no-such-id')).rejects.toThrow(UnknownProcess)
  })
}

function readingSuite(open: () => Processes): void {
  test('get() of an unknown id returns undefined, result() and events() throw', async () => {
    expect(await open().get('no-such-id')).toBeUndefined()
    await expect(open().result('no-such-id')).rejects.toThrow(UnknownProcess)
    await expect(open().events('no-such-id').next()).rejects.toThrow(UnknownProcess)
  })

  test('a list goes from page to page, newest first, and refuses the cursor of another', async () => {
    const scope = freshId('scope')
    const ids = Array.from({ length: 5 }, () => freshId('listed'))
    for (const id of ids) await open().start(approval, {}, { id, scope })
    const first = await open().list({ scope, limit: 3 })
    const second = await open().list({ scope, limit: 3, cursor: first.cursor! })
    expect([...first.items, ...second.items].map(({ id }) => id)).toEqual(ids.toReversed())
    const { createdAt } = first.items[0]!
    expect((await open().list({ scope, createdBefore: createdAt - 100_000 })).items).toEqual([])
    expect((await open().list({ scope, createdFrom: createdAt, status: 'completed' })).items).toEqual([])
    await expect(open().list({ kind: 'echo', cursor: first.cursor! })).rejects.toThrow(InvalidInput)
    await expect(open().list({ kind: 'echo', scope })).rejects.toThrow(InvalidInput)
  })

  test('events come as they are written, and stop with the end', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    const seen: LogEntry[] = []
    for await (const entry of open().events(id)) {
      seen.push(entry)
      if (seen.length === 1) await open().signal(id, { name: 'approved', key: 'k', payload: 'yes' })
    }
    expect(seen.map(({ seq }) => seq)).toEqual(seen.map((_, index) => index + 1))
    expect(seen.map(({ type }) => type)).toEqual(['effect', 'signal', 'effect', 'end'])
    const later: LogEntry[] = []
    for await (const entry of open().events(id, { after: 2 })) later.push(entry)
    expect(later).toEqual(seen.slice(2))
    expect(await open().events(id, { after: seen.length }).next()).toMatchObject({ done: true })
  })

  test('a wait ends when its time has passed, and a follower can be stopped', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    const timeout = { ms: 300 }
    await expect(open().result(id, { timeout })).rejects.toThrow(WaitTimedOut)
    await expect(open().waitFor(id, ({ type }) => type === 'end', { timeout })).rejects.toThrow(WaitTimedOut)
    const { seq } = await open().waitFor(id, emitted)
    await expect(open().events(id, { after: seq, timeout }).next()).rejects.toThrow(WaitTimedOut)
    const stop = new AbortController()
    const next = open().events(id, { after: seq, signal: stop.signal }).next()
    stop.abort(new RangeError('enough'))
    await expect(next).rejects.toThrow('enough')
  })
}

function askingSuite(open: () => Processes): void {
  test('a signal counts once by its key, and comes too late for what has ended', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    const signal = { name: 'approved', key: 'key/1 ä', payload: { by: 'ann' } }
    expect(await open().signal(id, signal)).toEqual({ fresh: true })
    expect(await open().result(id)).toEqual({ outcome: 'success', value: { by: 'ann' } })
    expect(await open().signal(id, signal)).toEqual({ fresh: false })
    await expect(open().signal(id, { ...signal, payload: 2 })).rejects.toThrow(KeyConflict)
    await expect(open().signal(id, { ...signal, key: 'other' })).rejects.toThrow(ProcessEnded)
    await expect(open().signal('no-such-id', signal)).rejects.toThrow(UnknownProcess)
  })

  test('an id that no path can hold is refused by every call', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    for (const step of ['.', '..']) {
      for (const call of [
        () => open().start(approval, {}, { id: step }),
        () => open().get(step),
        () => open().result(step),
        () => open().events(step).next(),
        () => open().waitFor(step, emitted),
        () => open().signal(step, { name: 'approved', key: 'k' }),
        () => open().cancel(step, 'x'),
        () => open().abandon(step, 'x'),
        () => open().resume(step),
        () => open().retry(step),
        () => open().completeExternal(step, SECRET, { outcome: 'success', value: 1 }),
      ])
        await expect(call(), String(call)).rejects.toThrow(InvalidId)
    }
  })

  test.for(['100%25', '100%', 'x%2Fy', 'x/y', 'a%3Fb', 'a?b#c', '..', 'a/../cancel', 'cancel', 'ä 😀'])(
    'a signal named %j arrives under that name',
    async (name) => {
      const id = freshId('approval')
      await open().start(approval, {}, { id })
      expect(await open().signal(id, { name, key: 'k' })).toEqual({ fresh: true })
      const entry = await open().waitFor(id, ({ type }) => type === 'signal')
      expect(entry).toMatchObject({ name })
      expect(await open().get(id)).not.toHaveProperty('cancel')
    },
  )

  test('a cancelled process ends so, and asking again changes nothing', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    const asked = await open().cancel(id, 'not needed')
    expect(asked.cancel).toMatchObject({ reason: 'not needed' })
    expect(await open().result(id)).toEqual({ outcome: 'cancelled', reason: 'not needed' })
    await expect(open().cancel(id, 'again')).rejects.toThrow(ProcessEnded)
    await expect(open().cancel('no-such-id', 'x')).rejects.toThrow(UnknownProcess)
  })

  test('what can only be asked of a stuck or a lost process is refused to others', async () => {
    const id = freshId('approval')
    await open().start(approval, {}, { id })
    await open().waitFor(id, emitted)
    await expect(open().resume(id)).rejects.toThrow(SignalRefused)
    await expect(open().resume('no-such-id')).rejects.toThrow(UnknownProcess)
    await expect(open().abandon('no-such-id', 'gone')).rejects.toThrow(UnknownProcess)
    expect((await open().abandon(id, 'it is not needed')).abandon).toMatchObject({
      reason: 'it is not needed',
    })
    expect(await open().result(id)).toMatchObject({ outcome: 'abandoned' })
  })
}

function answeringSuite(open: () => Processes): void {
  const tokenOf = async (id: string): Promise<string> => {
    await open().start(payment, {}, { id })
    const entry = await open().waitFor(id, emitted)
    const value = entry.type === 'effect' && entry.outcome.ok ? entry.outcome.value : undefined
    return JSON.stringify(value).match(/"token":"([^"]+)"/)![1]!
  }

  test('a callback is kept alive, then completed once', async () => {
    const id = freshId('payment')
    const token = await tokenOf(id)
    await open().heartbeat(token)
    await expect(open().completeCallback(token, 1n as never)).rejects.toThrow(NotSerialisable)
    expect(await open().completeCallback(token, { paid: 12 })).toEqual({ fresh: true })
    expect(await open().result(id)).toEqual({ outcome: 'success', value: { paid: 12 } })
    expect(await open().completeCallback(token, { paid: 12 })).toEqual({ fresh: false })
  })

  test('a callback that failed fails its process as it was told, and no other token answers it', async () => {
    const id = freshId('payment')
    const token = await tokenOf(id)
    const forged = `${token.slice(0, -4)}AAAA`
    await expect(open().completeCallback(forged)).rejects.toThrow(SignalRefused)
    await expect(open().heartbeat(forged)).rejects.toThrow(SignalRefused)
    await expect(open().completeCallback('no token')).rejects.toThrow(SignalRefused)
    await open().failCallback(token, Object.assign(new Error('card declined'), { code: 'declined' }))
    const error = { code: 'declined', message: 'card declined' }
    expect(await open().result(id)).toMatchObject({ outcome: 'failure', error })
  })

  test('an external process is ended by a caller with its token', async () => {
    const id = freshId('manual')
    await open().start(manual, {}, { id, completionToken: SECRET })
    for (const token of [{}, { completionToken: 'short' }])
      await expect(open().start(manual, {}, { id: freshId('manual'), ...token })).rejects.toMatchObject({
        code: 'invalid_input',
        issues: [{ path: 'completionToken' }],
      })
    const output = { outcome: 'success', value: { done: true } } as const
    await expect(open().completeExternal(id, `${SECRET}!`, output)).rejects.toThrow(CompletionRefused)
    expect(await open().completeExternal(id, SECRET, output)).toMatchObject({ status: 'completed' })
    expect(await open().completeExternal(id, SECRET, output)).toMatchObject({ status: 'completed' })
    const other = { ...output, value: 'other' }
    await expect(open().completeExternal(id, SECRET, other)).rejects.toThrow(CompletionConflict)
    await expect(open().completeExternal('no-such-id', SECRET, output)).rejects.toThrow(UnknownProcess)
    expect(await open().result(id)).toEqual(output)
    await expect(open().retry(id)).rejects.toThrow(InvalidInput)
    expect(await open().retry(id, { completionToken: SECRET })).toMatchObject({ wait: { for: 'external' } })
  })

  test('an external process ends with what JSON keeps, and with nothing that it would change [C22]', async () => {
    const id = freshId('manual')
    await open().start(manual, {}, { id, completionToken: SECRET })
    const deep = JSON.parse(`${'['.repeat(300)}${']'.repeat(300)}`) as Json
    for (const value of [Number.POSITIVE_INFINITY, deep, { text: '\ud800' }]) {
      const output = { outcome: 'success', value } as const
      await expect(open().completeExternal(id, SECRET, output)).rejects.toThrow(NotSerialisable)
    }
    expect(await open().get(id)).toMatchObject({ status: 'waiting' })
  })
}
