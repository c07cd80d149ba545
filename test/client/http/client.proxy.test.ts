import { execFile } from 'node:child_process'
import { once } from 'node:events'
import { createServer, request, type IncomingMessage, type Server } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'

const DOOR = join(import.meta.dirname, '../../../lib/client/http/index.ts')
const VIEW = { id: 'a', kind: 'echo', status: 'pending' }

/** What went through the proxy: the places that it was asked to reach. */
const through: string[] = []
let api: Server
let proxy: Server

const portOf = (server: Server): number => (server.address() as AddressInfo).port

beforeAll(async () => {
  api = createServer((_, response) => void response.end(JSON.stringify(VIEW))).listen(0, '127.0.0.1')
  proxy = createServer((asked, response) => {
    through.push(new URL(asked.url ?? '').host)
    asked.pipe(request(asked.url ?? '', { method: asked.method }, (got) => got.pipe(response)))
  }).listen(0, '127.0.0.1')
  proxy.on('connect', ({ url = '' }: IncomingMessage, socket: Socket) => {
    through.push(url)
    const [host = '', port = ''] = url.split(':')
    const behind = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      behind.pipe(socket).pipe(behind)
    })
    behind.on('error', () => socket.destroy())
    socket.on('error', () => behind.destroy())
  })
  await Promise.all([once(api, 'listening'), once(proxy, 'listening')])
})
afterAll(() => {
  for (const server of [api, proxy]) {
    server.close()
    server.closeAllConnections()
  }
})

test('a client sends its requests through the proxy that its environment names', async () => {
  const code = `
    import { HttpProcessClient } from ${JSON.stringify(DOOR)}
    const client = new HttpProcessClient({ url: process.argv[1] })
    console.log(JSON.stringify(await client.get('a')))`
  const url = `http://127.0.0.1:${portOf(api)}`
  const HTTP_PROXY = `http://127.0.0.1:${portOf(proxy)}`
  const { PATH } = process.env
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['--input-type=module', '--eval', code, url],
    {
      env: { PATH, NODE_USE_ENV_PROXY: '1', HTTP_PROXY },
    },
  )
  expect(JSON.parse(stdout)).toEqual(VIEW)
  expect(through).toEqual([`127.0.0.1:${portOf(api)}`])
})
