import { once } from 'node:events'
import { Agent, createServer, request } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, onTestFinished, test } from 'vitest'
import { startProxy, type RequestOutcome } from './proxy.ts'

/** A server that counts what it is asked, behind a proxy with these outcomes, the last one for all that follow. */
async function wired(...outcomes: RequestOutcome[]) {
  const asked: string[] = []
  const server = createServer((incoming, reply) => {
    let body = ''
    incoming.on('data', (piece: Buffer) => (body += piece.toString()))
    incoming.on('end', () => {
      asked.push(body)
      reply.end(`you said ${body}`)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const targetPort = (server.address() as AddressInfo).port
  const outcome = (): RequestOutcome => (outcomes.length > 1 ? outcomes.shift() : outcomes[0])!
  const proxy = await startProxy({ targetPort, outcome })
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  onTestFinished(async () => {
    agent.destroy()
    await proxy.stop()
    server.closeAllConnections()
    server.close()
  })
  const ask = (body: string, timeoutMs = 5_000): Promise<string> =>
    new Promise((resolve, reject) => {
      const { port } = proxy
      const sent = request({ port, agent, method: 'POST', timeout: timeoutMs }, (reply) => {
        let text = ''
        reply.on('data', (piece: Buffer) => (text += piece.toString()))
        reply.once('end', () => resolve(text)).once('error', reject)
      })
      sent.once('timeout', () => sent.destroy(new Error('silence'))).once('error', reject)
      sent.end(body)
    })
  return { proxy, ask, asked }
}

test('what passes goes through both ways, on one connection', async () => {
  const { ask, proxy } = await wired({ do: 'pass' })
  expect([await ask('a'), await ask('b')]).toEqual(['you said a', 'you said b'])
  expect(proxy.counts.pass).toBeGreaterThanOrEqual(2)
})

test('what is delayed comes late, and whole', async () => {
  const { ask, proxy } = await wired({ do: 'delay', ms: 60 })
  const before = performance.now()
  expect(await ask('a')).toBe('you said a')
  expect(performance.now() - before).toBeGreaterThanOrEqual(59)
  expect(proxy.counts.delay).toBeGreaterThan(0)
})

test('a dropped request is never answered and never arrives', async () => {
  const { ask, asked, proxy } = await wired({ do: 'drop-request' }, { do: 'pass' })
  await expect(ask('a', 100)).rejects.toThrow('silence')
  expect(await ask('b')).toBe('you said b')
  expect(asked).toEqual(['b'])
  expect(proxy.counts['drop-request']).toBe(1)
})

test('with a dropped reply the server executes the request, and its client gets no answer', async () => {
  const { ask, asked, proxy } = await wired({ do: 'drop-reply' }, { do: 'pass' })
  await expect(ask('a', 300)).rejects.toThrow('silence')
  expect(asked).toEqual(['a'])
  expect(proxy.counts['drop-reply']).toBe(1)
})

test('a cut request never arrives whole, and its client notices', async () => {
  const { ask, asked } = await wired({ do: 'cut-request' }, { do: 'pass' })
  await expect(ask('a')).rejects.toThrow(/hang up|ECONNRESET/)
  expect(await ask('b')).toBe('you said b')
  expect(asked).toEqual(['b'])
})

test('with a cut reply the request is carried out, and its client gets half an answer', async () => {
  const { ask, asked } = await wired({ do: 'cut-reply' }, { do: 'pass' })
  await expect(ask('a')).rejects.toThrow(/hang up|ECONNRESET|aborted|Parse Error/)
  expect(asked).toEqual(['a'])
})

test('a server that is away breaks the connection, and one that is back is found again', async () => {
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const targetPort = (probe.address() as AddressInfo).port
  await new Promise((resolve) => probe.close(resolve))
  const proxy = await startProxy({ targetPort, outcome: () => ({ do: 'pass' }) })
  onTestFinished(() => proxy.stop())
  const ask = () => fetch(`http://127.0.0.1:${proxy.port}`).then((reply) => reply.text())
  await expect(ask()).rejects.toThrow()
  const server = createServer((_, reply) => void reply.end('back')).listen(targetPort, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  expect(await ask()).toBe('back')
})

test('a held proxy lets earlier requests finish, and later ones wait until release()', async () => {
  const { ask, asked, proxy } = await wired({ do: 'pass' })
  const first = ask('a')
  await expect.poll(() => asked).toEqual(['a'])
  await proxy.hold()
  expect(await first).toBe('you said a')
  const second = ask('b')
  await expect.poll(() => proxy.counts.pass).toBe(2)
  expect(asked).toEqual(['a'])
  proxy.release()
  expect(await second).toBe('you said b')
})

test('when it stops it breaks what is open, and may be stopped again', async () => {
  const { ask, proxy } = await wired({ do: 'drop-request' })
  const waiting = ask('a')
  const broken = expect(waiting).rejects.toThrow(/hang up|ECONNRESET/)
  await expect.poll(() => proxy.counts['drop-request']).toBe(1)
  await proxy.stop()
  await proxy.stop()
  await broken
})
