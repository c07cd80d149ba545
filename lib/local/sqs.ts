import { mkdirSync } from 'node:fs'
import { moduleFile } from '../bundle/module-file.ts'
import { machineEnvironment, startChild, type Ended } from './child.ts'
import { EmulatorFailed } from './errors.ts'

/** Of what it printed, this much is kept for an error. */
const OUTPUT_KEPT_CHARS = 4_000

export type LocalSqs = {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  readonly pid: number
  readonly ended: Promise<Ended>
  /** Kills it: what it acknowledged is on disk, where it was given a folder. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Starts the SQS emulator in a process of its own, on this port or a free one, and resolves when it listens. In memory,
 * or with `dataDir` (made where absent) on disk. It ends with `stop()` and with this process, however that one ends.
 *
 * Throws `EmulatorFailed` where it does not come up.
 */
export async function startSqs(options: {
  region: string
  dataDir?: string
  /** For an emulator that was killed: its clients find it again at this port. */
  port?: number
}): Promise<LocalSqs> {
  const { region, dataDir, port: wanted = 0 } = options
  if (dataDir !== undefined) mkdirSync(dataDir, { recursive: true })
  let output = ''
  let listening: (port: number) => void = () => undefined
  const port = new Promise<number>((resolve) => {
    listening = resolve
  })
  const child = await startChild({
    script: moduleFile(import.meta, './sqs-server'),
    args: [region, String(wanted), ...(dataDir === undefined ? [] : [dataDir])],
    env: machineEnvironment(),
    onLine({ text }) {
      output = `${output}${text}\n`.slice(-OUTPUT_KEPT_CHARS)
      const [, found] = /^listening (\d+)$/u.exec(text) ?? []
      if (found !== undefined) listening(Number(found))
    },
  })
  const first = await Promise.race([port, child.ended])
  if (typeof first !== 'number') {
    const reason = `ended with ${first.signal ?? `code ${first.code}`} before it listened`
    throw new EmulatorFailed({ emulator: 'the SQS emulator', reason, output: output.trim() })
  }
  return {
    endpoint: `http://127.0.0.1:${first}`,
    pid: child.pid,
    ended: child.ended,
    stop: async () => void (await child.kill()),
  }
}
