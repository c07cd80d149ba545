import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { Agent, request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import pMap from 'p-map'
import { tied } from '../../lib/local/lifeline.ts'
import { THREE_STEPS } from '../three-steps.ts'
import type { Side } from './side.ts'
import { wordIn, Words } from './words.ts'

const PACKAGES = { '@restatedev/restate-sdk': '1.17.2', '@restatedev/restate-server': '1.7.12' }
/** Starts in flight at once. More is no faster here, and fewer is slower. */
const AT_ONCE = 40
const START_TIMEOUT_MS = 30_000
const LOOK_EVERY_MS = 50

export class PeerMissing extends Error {
  readonly code = 'peer_missing'
}

/**
 * The folder with server and SDK, outside of this repository: neither is a dependency of this package. Installed from the npm registry the first
 * time. Throws `PeerMissing` if that fails.
 */
export async function installRestate(
  folder = join(tmpdir(), `leasehold-peers-restate-${PACKAGES['@restatedev/restate-server']}`),
): Promise<string> {
  if (existsSync(serverIn(folder))) return folder
  await mkdir(folder, { recursive: true })
  await writeFile(
    join(folder, 'package.json'),
    JSON.stringify({ name: 'peers', private: true, dependencies: PACKAGES }),
  )
  try {
    const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund']
    await promisify(execFile)('npm', args, { cwd: folder })
  } catch (cause) {
    const names = Object.entries(PACKAGES).map(([name, version]) => `${name}@${version}`)
    throw new PeerMissing(`${names.join(' and ')} could not be installed in ${folder}`, { cause })
  }
  return folder
}

/** The program itself: the package's own command runs it as a child, which would outlive a kill. */
function serverIn(folder: string): string {
  const name = `@restatedev/restate-server-${process.platform}-${process.arch}`
  return join(folder, 'node_modules', name, 'bin', 'restate-server')
}

/** Restate's server with its defaults, on disk, and one worker that is started again when it dies. */
export async function startRestate(packages: string, folder: string): Promise<Side> {
  const [ingress, admin, fabric, port] = await Promise.all(Array.from({ length: 4 }, freePort))
  const start = tied(serverIn(packages), ['--no-logo'], {
    RESTATE_BASE_DIR: join(folder, 'restate'),
    RESTATE_BIND_IP: '127.0.0.1',
    RESTATE_LISTEN_MODE: 'tcp',
    RESTATE_BIND_PORT: String(fabric),
    RESTATE_INGRESS__BIND_PORT: String(ingress),
    RESTATE_ADMIN__BIND_PORT: String(admin),
    RESTATE_DISABLE_TELEMETRY: 'true',
    RESTATE_LOG_FILTER: 'warn',
  })
  const server = spawn(start.command, start.args, { stdio: 'ignore', env: start.env })
  const words = new Words()
  let worker: ChildProcess
  let stopping = false
  const startWorker = (): void => {
    const script = join(import.meta.dirname, 'restate-worker.ts')
    worker = spawn(process.execPath, [script, packages, String(port)], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const { pid = 0, stdout } = worker
    if (stdout !== null)
      createInterface({ input: stdout }).on('line', (line) => {
        const word = wordIn(line, pid)
        if (word !== undefined) words.heard(word)
      })
    worker.once('exit', () => {
      if (!stopping) startWorker()
    })
  }
  const serving = words.next('running', 'worker')
  startWorker()
  const api = caller(`http://127.0.0.1:${ingress}`)
  const control = caller(`http://127.0.0.1:${admin}`)
  const stop = async (): Promise<void> => {
    stopping = true
    const gone = [server, worker].map(async (child) => {
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    worker.kill('SIGKILL')
    server.kill('SIGKILL')
    await Promise.all(gone)
    api.close()
    control.close()
  }
  try {
    await serving
    await untilReady(control)
    await control.post('/deployments', { uri: `http://127.0.0.1:${port}` })
    await untilReady({ post: () => api.post(`/${THREE_STEPS}/first/run`, { order: 1 }) })
  } catch (error) {
    await stop()
    throw error
  }
  const run = (kind: string, id: string, input: unknown) => api.post(`/${kind}/${id}/run`, input)
  const send = (kind: string, id: string, input: unknown) => api.post(`/${kind}/${id}/run/send`, input)
  const timed = async (work: () => Promise<unknown>): Promise<number> => {
    const startedAt = performance.now()
    await work()
    return performance.now() - startedAt
  }
  const each = (ids: readonly string[], work: (id: string, index: number) => Promise<unknown>) =>
    pMap(ids, work, { concurrency: AT_ONCE })
  return {
    name: 'Restate',
    pids: () => ({ server: [server.pid ?? 0], workers: [worker.pid ?? 0] }),
    processes: (ids) => timed(() => each(ids, (id, order) => run(THREE_STEPS, id, { order }))),
    steps: (id, count) => timed(() => run('steps', id, { count })),
    startToEnd: (id) => timed(() => run('steps', id, { count: 1 })),
    async recovery(id) {
      const running = words.next('running', id)
      await send('hangs', id, { file: join(folder, `restate-${id}`) })
      const { pid } = await running
      const again = words.next('running', id)
      return timed(() => {
        process.kill(pid, 'SIGKILL')
        return again
      })
    },
    parking: (ids) =>
      timed(() => Promise.all([words.all('waiting', ids), each(ids, (id) => send('waits', id, null))])),
    children: (id, count) =>
      timed(() => Promise.all([words.next('done', id), send('parent', id, { count })])),
    stop,
  }
}

type Caller = { post(path: string, body: unknown): Promise<void>; close(): void }

/** Plain HTTP over kept connections: less work for this process than its own client's. */
function caller(origin: string): Caller {
  const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE })
  return {
    post: (path, body) =>
      new Promise((resolve, reject) => {
        const text = JSON.stringify(body)
        const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
        const sent = request(`${origin}${path}`, { method: 'POST', agent, headers }, (reply) => {
          const { statusCode = 0 } = reply
          let said = ''
          reply.setEncoding('utf8').on('data', (chunk: string) => {
            said += chunk
          })
          reply.once('error', reject).once('end', () => {
            if (statusCode < 300) resolve()
            else reject(new Error(`${path}: ${statusCode} ${said}`))
          })
        })
        sent.once('error', reject).end(text)
      }),
    close: () => agent.destroy(),
  }
}

async function untilReady(target: Pick<Caller, 'post'>): Promise<void> {
  const giveUpAt = performance.now() + START_TIMEOUT_MS
  for (;;) {
    try {
      return await target.post('/query', { query: 'SELECT 1' })
    } catch (error) {
      if (performance.now() > giveUpAt) throw error
      await pause(LOOK_EVERY_MS)
    }
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
