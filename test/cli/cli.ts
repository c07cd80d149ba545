import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'

const CLI = join(import.meta.dirname, '../../bin/leasehold.ts')

export type Ended = { readonly code: number | null; readonly out: string; readonly err: string }
export type Running = {
  readonly child: ChildProcessWithoutNullStreams
  out(): string
  readonly ended: Promise<Ended>
}
export type Where = { readonly cwd?: string; readonly env?: Record<string, string>; readonly input?: string }

/** Names no target, so that only a test does. */
const { FORCE_COLOR: _colours, ...INHERITED } = process.env
const BARE = { ...INHERITED, LEASEHOLD_API: '', LEASEHOLD_STACK: '', NO_COLOR: '1' }

/** Starts the real command. */
export function running(line: string | readonly string[], { cwd, env, input }: Where = {}): Running {
  const args = typeof line === 'string' ? line.split(' ').filter((word) => word !== '') : line
  const child = spawn(process.execPath, [CLI, ...args], {
    env: { ...BARE, ...env },
    ...(cwd === undefined ? {} : { cwd }),
  })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text))
  child.stdin.end(input ?? '')
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, out, err }))
  return { child, out: () => out, ended }
}

/** Runs the real command to its end. */
export function leasehold(line: string | readonly string[], where: Where = {}): Promise<Ended> {
  return running(line, where).ended
}

/** Resolves when it has printed this. */
export async function printed(ran: Running, text: string): Promise<void> {
  while (!ran.out().includes(text)) {
    const more = once(ran.child.stdout, 'data').then(() => undefined)
    const ended = await Promise.race([more, ran.ended])
    if (ended !== undefined && !ran.out().includes(text)) throw new Error(`it ended before: ${ended.err}`)
  }
}
