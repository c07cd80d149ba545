import { machineEnvironment, startChild, type ChildExit } from './child.ts'
import { compileCache } from './compile-cache.ts'
import { EmulatorFailed } from './errors.ts'

/** Of what it printed, this much is kept for an error. */
const OUTPUT_KEPT_CHARS = 4_000

/** An emulator of ours in a process of its own. */
export type LocalServer = {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  readonly pid: number
  readonly ended: Promise<ChildExit>
  /** Kills it: what it acknowledged is on disk if it has a folder. Again is harmless. */
  stop(): Promise<void>
}

/**
 * Runs a script that prints `listening <port>` once it serves, and resolves then. The process ends with `stop()` and with
 * this process, however that one ends.
 *
 * Throws `EmulatorFailed` if it ends before it listens.
 */
export async function startServer(options: {
  /** Its name in an error. */
  readonly emulator: string
  readonly script: string
  readonly args: readonly string[]
}): Promise<LocalServer> {
  const { emulator, script, args } = options
  let output = ''
  const listening = Promise.withResolvers<number>()
  const child = await startChild({
    script,
    args,
    env: { ...machineEnvironment(), ...compileCache() },
    onLine({ text }) {
      output = `${output}${text}\n`.slice(-OUTPUT_KEPT_CHARS)
      const [, port] = /^listening (\d+)$/u.exec(text) ?? []
      if (port !== undefined) listening.resolve(Number(port))
    },
  })
  const first = await Promise.race([listening.promise, child.ended])
  if (typeof first !== 'number') {
    const reason = `ended with ${first.signal ?? `code ${first.code}`} before it listened`
    throw new EmulatorFailed({ emulator, reason, output: output.trim() })
  }
  return {
    endpoint: `http://127.0.0.1:${first}`,
    pid: child.pid,
    ended: child.ended,
    stop: async () => void (await child.kill()),
  }
}
