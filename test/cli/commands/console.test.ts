import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { leasehold, printed, running } from '../cli.ts'

/** An API that lists one kind, and tells which paths it was asked for. */
async function api(): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = []
  const server = createServer(({ method, url }, response) => {
    asked.push(`${method} ${url}`)
    response.end(JSON.stringify({ kinds: [{ kind: 'order', recovery: 'rerun' }] }))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked }
}

test('leasehold console serves the page, asks the API for it, and only reads until Ctrl-C', async () => {
  const { url, asked } = await api()
  const ran = running(`console --api ${url}`)
  onTestFinished(() => void ran.child.kill('SIGKILL'))
  await printed(ran, '#s=')
  const address = new URL(ran.out().trim())
  const secret = address.hash.slice('#s='.length)
  expect(secret).toMatch(/^[\w-]{44}$/u)
  const ask = (operation: string, params: object) =>
    fetch(new URL(`/api/${operation}`, address), {
      method: 'POST',
      headers: {
        origin: address.origin,
        'x-leasehold-session': secret,
        'content-type': 'application/json',
      },
      body: JSON.stringify(params),
    }).then(async (response) => (await response.json()) as object)
  expect(await ask('kinds', {})).toEqual({ value: [{ kind: 'order', recovery: 'rerun' }] })
  expect(await ask('resume', { id: 'order-7' })).toMatchObject({ error: { code: 'read_only' } })
  // One by the command before it serves, and one by the page.
  expect(asked).toEqual(['GET /v1/kinds', 'GET /v1/kinds'])
  const page = await (await fetch(address)).text()
  expect(page).toContain('<script type="module" src="/app.js">')
  const taken = await leasehold(`console --api ${url} --port ${address.port}`)
  expect([taken.code, taken.err]).toEqual([1, expect.stringContaining(`${address.port} is taken`)])
  ran.child.kill('SIGINT')
  const { code, err } = await ran.ended
  expect([code, err]).toEqual([0, expect.stringContaining('only reads: --write lets it act')])
})
