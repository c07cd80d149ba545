import { expect, onTestFinished, test } from 'vitest'
import { bodyUpTo, serveHttp } from '../../lib/local/http-server.ts'

/** Answers how long a body is, up to ten bytes; one that asks for it is not handled. */
async function served(): Promise<{ url: string; stop: () => Promise<void> }> {
  const { port, stop } = await serveHttp(async (request, response) => {
    const body = await bodyUpTo(request, 10)
    if (body?.toString() === 'fail') throw new Error('as asked')
    response.end(body === undefined ? 'too large' : String(body.length))
  })
  onTestFinished(stop)
  return { url: `http://127.0.0.1:${port}`, stop }
}

async function say(url: string, body: string): Promise<string> {
  return (await fetch(url, { method: 'POST', body })).text()
}

test('a body up to the bound is read, and a larger one is answered all the same', async () => {
  const { url } = await served()
  expect(await say(url, 'é'.repeat(5))).toBe('10')
  expect(await say(url, 'a'.repeat(11))).toBe('too large')
  expect(await say(url, 'a'.repeat(5_000_000))).toBe('too large')
})

test('a request that cannot be handled loses its connection, and the next is served', async () => {
  const { url } = await served()
  await expect(say(url, 'fail')).rejects.toThrow('fetch failed')
  expect(await say(url, 'a')).toBe('1')
})

test('a stopped server serves no request, and stopping again is harmless', async () => {
  const { url, stop } = await served()
  expect(await say(url, '')).toBe('0')
  await stop()
  await stop()
  await expect(say(url, '')).rejects.toThrow('fetch failed')
})

test('serveHttp() takes another port if its own is taken and any will do', async () => {
  const first = await serveHttp(async () => {})
  onTestFinished(first.stop)
  const { port } = first
  await expect(serveHttp(async () => {}, { port })).rejects.toThrow('EADDRINUSE')
  const second = await serveHttp(async (_, response) => void response.end('second'), { port, orAny: true })
  onTestFinished(second.stop)
  expect(await say(`http://127.0.0.1:${second.port}`, '')).toBe('second')
})
