import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { apiApp } from '../../lib/api/app.ts'
import { parseCallbackToken } from '../../lib/effects/callback.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { TestKit } from '../../lib/testing/kit.ts'
import { NO_DOORBELL } from '../../lib/queue/doorbell.ts'
import { askingProcess } from '../helpers/asking.ts'
import { anyText, holds, SEED } from '../helpers/fuzz.ts'
import { everything } from '../helpers/recorder.ts'
import { Told } from '../helpers/world.ts'

const { asking, tokens } = askingProcess()
const COMPLETION = 'completion-token-of-22'

/** Two processes that wait for a callback, and an external one, behind an API that authenticates no caller. */
async function served() {
  tokens.length = 0
  const store = new MemoryStore()
  const registry = new MemoryProcessRegistry({ store })
  const kit = new TestKit({ definitions: [asking], registry })
  for (const id of ['mine', 'other']) await kit.start(asking, null, { id })
  const { client, clock } = kit
  const told = new Told()
  const app = apiApp({ registry, doorbell: NO_DOORBELL, clock, definitions: [asking], telemetry: told })
  const known = apiApp({ registry, doorbell: NO_DOORBELL, clock, definitions: [], auth: 'none' })
  const post = async (on: typeof app, path: string, body: object) => {
    const headers = { 'content-type': 'application/json' }
    const answer = await on.request(`/v1${path}`, { method: 'POST', headers, body: JSON.stringify(body) }, {})
    return { status: answer.status, text: await answer.text() }
  }
  const start = { id: 'ext', kind: 'else', recovery: 'external', input: 1, completionToken: COMPLETION }
  expect((await post(known, '/processes', start)).status).toBe(201)
  const items = async () =>
    JSON.stringify(await Promise.all(['mine', 'other', 'ext'].map((id) => everything(store, id))))
  return { client, kit, told, items, ask: (path: string, body: object) => post(app, path, body) }
}

/** Tokens that an attacker could make from a part of a secret, or from other facts. */
function forgeries(secret: string, other: string): readonly string[] {
  return [
    secret.slice(0, -1),
    secret.slice(1),
    `${secret}A`,
    `${secret}=`,
    `${secret}\n`,
    `${secret}\0`,
    ` ${secret}`,
    `\ufeff${secret}`,
    `${secret}\u200b`,
    secret + secret,
    other,
    secret.toUpperCase(),
    secret.toLowerCase(),
    secret.split('').reverse().join(''),
    // The same bytes in base64url, were they decoded: the last character has bits to spare.
    `${secret.slice(0, -1)}${String.fromCharCode(secret.charCodeAt(secret.length - 1) + 1)}`,
    // Wide forms, which NFKC takes for the same.
    secret
      .split('')
      .map((c) => String.fromCodePoint((c.codePointAt(0) ?? 0) + 0xfee0))
      .join(''),
    encodeURIComponent(`${secret}%`),
    'A'.repeat(22),
    'A'.repeat(64),
    '',
  ].filter((forged) => forged !== secret)
}

describe(`a token of another process, or forged (SEED=${SEED})`, () => {
  test('answers no callback, no heartbeat and ends no process, and its secret leaks nowhere', async () => {
    const { ask, items, told } = await served()
    const before = await items()
    const [mine, other] = tokens.map((token) => parseCallbackToken(token))
    if (mine === undefined || other === undefined) throw new Error('both processes gave their tokens away')
    const forged = [
      ...forgeries(mine.secret, other.secret).map((secret) => `mine~${mine.position}~${secret}`),
      ...[1, 10, 999_999_999].map((up) => `mine~${mine.position + up}~${mine.secret}`),
      ...['MINE', 'mine ', 'other', 'ｍine', 'mine%00', '../mine', 'ext', 'no-such-id', '__proto__'].map(
        (id) => `${id}~${mine.position}~${mine.secret}`,
      ),
      ...['٠', '０', '-0', '+0', '0x0', '0.0', '0e0', ' 0', ''].map((at) => `mine~${at}~${mine.secret}`),
      `mine～${mine.position}～${mine.secret}`,
      `mine~${mine.position}`,
      mine.secret,
      `${mine.secret}${'A'.repeat(1_000_000)}`,
    ]
    for (const token of forged)
      for (const [path, more] of [
        ['complete', { value: 1 }],
        ['fail', { error: { message: 'm' } }],
        ['heartbeat', {}],
      ] as const) {
        const { status, text } = await ask(`/callbacks/${path}`, { token, ...more })
        expect([token.slice(0, 80), path, status]).toEqual([
          token.slice(0, 80),
          path,
          expect.toSatisfy((code: number) => code >= 400 && code < 500),
        ])
        expect(text).not.toContain(other.secret)
      }
    const output = { outcome: 'success', value: 1 }
    for (const token of [...forgeries(COMPLETION, other.secret), tokens[0] ?? ''])
      expect((await ask('/processes/ext/complete', { token, output })).status).toBeGreaterThanOrEqual(400)
    for (const id of ['mine', 'other'])
      expect((await ask(`/processes/${id}/complete`, { token: COMPLETION, output })).status).toBe(403)
    expect(await items()).toBe(before)
    expect(JSON.stringify(told)).not.toMatch(
      new RegExp([mine.secret, other.secret, COMPLETION].join('|'), 'u'),
    )
  })

  test('is refused whatever its text, with nothing changed, and the true one works after that', () =>
    holds(
      fc.asyncProperty(fc.array(anyText, { minLength: 1, maxLength: 20 }), async (texts) => {
        const { ask, items, kit } = await served()
        const [token = ''] = tokens
        const before = await items()
        const [head = ''] = /^.*~/u.exec(token) ?? []
        for (const text of texts)
          for (const forged of [text, `${head}${text}`, `${token}${text}`, `${text}${token}`]) {
            if (forged === token) continue
            const { status } = await ask('/callbacks/complete', { token: forged, value: 1 })
            expect(status).toBeGreaterThanOrEqual(400)
            expect((await ask('/callbacks/heartbeat', { token: forged })).status).toBeGreaterThanOrEqual(400)
          }
        expect(await items()).toBe(before)
        expect((await ask('/callbacks/complete', { token, value: 1 })).status).toBe(202)
        expect(await kit.result('mine')).toEqual({ outcome: 'success', value: 1 })
      }),
      20,
    ))

  test('that was used accepts the same answer only, and no heartbeat', async () => {
    const { ask, items, kit } = await served()
    const [token = ''] = tokens
    expect((await ask('/callbacks/complete', { token, value: 1 })).status).toBe(202)
    await kit.result('mine')
    const before = await items()
    const again = await ask('/callbacks/complete', { token, value: 1 })
    expect([202, 409]).toContain(again.status)
    expect((await ask('/callbacks/complete', { token, value: 2 })).status).toBe(409)
    expect((await ask('/callbacks/fail', { token, error: { message: 'm' } })).status).toBe(409)
    expect((await ask('/callbacks/heartbeat', { token })).status).toBe(409)
    expect(await items()).toBe(before)
    expect(await kit.registry.get(parseProcessId('mine'))).toMatchObject({ status: 'completed' })
  })
})
