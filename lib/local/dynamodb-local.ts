import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { get } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { moduleFile } from '../bundle/module-file.ts'
import { EmulatorFailed, JavaMissing } from './errors.ts'
import { findDynamoDbLocal } from './packages.ts'

/** Starts in about 1.5 s; a busy machine may take ten times as long. */
const START_TIMEOUT_MS = 60_000
/** Between two looks whether it answers. */
const LOOK_EVERY_MS = 25
/** A port that was free when asked for may be taken when Java binds it. */
const PORT_TRIES = 3
/** Of what it printed, this much is kept for an error. */
const OUTPUT_KEPT_CHARS = 4_000

export type DynamoDbLocal = {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  /** The Java process. */
  readonly pid: number
  /** When the Java process is gone, for whatever reason. */
  readonly ended: Promise<void>
  /** Ends the Java process; resolves when it is gone and its folder removed. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Starts AWS's DynamoDB Local on this port of the loopback or a free one, and resolves when it answers. In memory, or with
 * `dataDir` (made where absent) on disk. The Java process ends with `stop()`, and with this process, however that one ends.
 *
 * Throws `JavaMissing` where there is no Java, and `EmulatorFailed` where it does not come up.
 */
export async function startDynamoDbLocal(
  options: {
    dataDir?: string
    /** For an emulator that was killed: its clients find it again at this port. */
    port?: number
  } = {},
): Promise<DynamoDbLocal> {
  const java = findJava()
  const { dataDir } = options
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true })
  for (let attempt = 1; ; attempt += 1) {
    const port = options.port ?? (await freePort())
    const run = launch([java, ...javaArguments(port, dataDir)])
    try {
      await untilItAnswers(run, port)
      const { ended } = run
      return { endpoint: `http://127.0.0.1:${port}`, pid: run.pid(), ended, stop: () => run.stop() }
    } catch (error) {
      await run.stop()
      if (attempt >= PORT_TRIES || !portWasTaken(run)) throw error
    }
  }
}

/** The first `java` on the PATH, by its full name. Throws `JavaMissing`. */
export function findJava(env: NodeJS.ProcessEnv = process.env): string {
  const home = env['JAVA_HOME']
  const folders = [
    ...(home === undefined || home === '' ? [] : [join(home, 'bin')]),
    ...(env['PATH'] ?? '').split(delimiter).filter((folder) => folder !== ''),
  ]
  const name = process.platform === 'win32' ? 'java.exe' : 'java'
  const found = folders.map((folder) => join(folder, name)).find(isExecutable)
  if (found === undefined) throw new JavaMissing({ reason: 'there is none on the PATH' })
  return found
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

function javaArguments(port: number, dataDir: string | undefined): readonly string[] {
  // Only the package's files are used: its own code wants a tree of dependencies that nothing here needs.
  const manifest = findDynamoDbLocal()
  const emulator = join(dirname(manifest), 'emulator')
  return [
    '-XX:+UseSerialGC',
    // Without the second compiler it starts sooner, and is no slower in the minutes that it runs.
    '-XX:TieredStopAtLevel=1',
    '-Xmx512m',
    `-Djava.library.path=${join(emulator, 'DynamoDBLocal_lib')}`,
    '-jar',
    join(emulator, 'DynamoDBLocal.jar'),
    '-disableTelemetry',
    '-sharedDb',
    ...(dataDir === undefined ? ['-inMemory'] : ['-dbPath', dataDir]),
    '-port',
    String(port),
  ]
}

type DynamoDbLocalRun = {
  readonly guard: ChildProcess
  /** What was printed last. */
  output(): string
  /** The program under guard; 0 until it runs. */
  pid(): number
  readonly ended: Promise<void>
  stop(): Promise<void>
}

function launch(command: readonly string[]): DynamoDbLocalRun {
  // DynamoDB Local writes a metadata file into the folder it is started in.
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-dynamodb-'))
  const script = moduleFile(import.meta, './guard')
  const guard = spawn(process.execPath, [script, folder, ...command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  let output = ''
  let pid = 0
  const keep = (text: string) => {
    output = (output + text).slice(-OUTPUT_KEPT_CHARS)
    if (pid === 0) pid = Number(/^guarding (\d+)$/m.exec(output)?.[1] ?? 0)
  }
  guard.stdout.setEncoding('utf8').on('data', keep)
  guard.stderr.setEncoding('utf8').on('data', keep)
  guard.stdin.on('error', () => undefined)
  const ended = once(guard, 'exit').then(() => {
    if (guard.signalCode === null) return
    // The guard itself was killed: this process ends its charge then.
    if (pid !== 0) killIfThere(pid)
    rmSync(folder, { recursive: true, force: true })
  })
  return {
    guard,
    output: () => output,
    pid: () => pid,
    ended,
    async stop() {
      guard.stdin.end()
      await ended
    },
  }
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function untilItAnswers(run: DynamoDbLocalRun, port: number): Promise<void> {
  const failed = (reason: string) =>
    new EmulatorFailed({ emulator: 'DynamoDB Local', reason, output: run.output().trim() })
  const giveUpAt = Date.now() + START_TIMEOUT_MS
  // A program that cannot bind its port stays alive without one, and what answers there then is another's.
  while (!(await answers(port)) || portWasTaken(run)) {
    if (portWasTaken(run)) throw failed(`could not have port ${port}`)
    if (run.guard.exitCode !== null) throw failed(`ended with code ${run.guard.exitCode} before it answered`)
    if (run.guard.signalCode !== null) throw failed(`was killed by ${run.guard.signalCode}`)
    if (Date.now() > giveUpAt) throw failed(`did not answer within ${START_TIMEOUT_MS} ms`)
    await pause(LOOK_EVERY_MS)
  }
}

function portWasTaken(run: DynamoDbLocalRun): boolean {
  return run.output().includes('Address already in use')
}

/** Any HTTP reply counts: without a signature it is an error, but one that only a running emulator sends. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const request = get({ host: '127.0.0.1', port, timeout: 5_000 }, (reply) => {
      reply.resume()
      resolve(true)
    })
    request.once('error', () => resolve(false))
    request.once('timeout', () => request.destroy())
  })
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address !== null ? address.port : 0
}
