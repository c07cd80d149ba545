import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { tied } from './lifeline.ts'

/** How a child process ended: by its own exit, or by a signal. */
export type ChildExit = { readonly code: number | null; readonly signal: NodeJS.Signals | null }

export type ChildLine = { readonly stream: 'stdout' | 'stderr'; readonly text: string }

export type ChildProgram = {
  readonly pid: number
  readonly ended: Promise<ChildExit>
  /** SIGKILL: nothing of it runs on. Resolves when it is gone; again is harmless. */
  kill(): Promise<ChildExit>
}

export type ChildProgramOptions = {
  /** A script that calls `dieWithParent()` first of all. */
  readonly script: string
  readonly args: readonly string[]
  /** Options of Node itself, such as `--inspect`. */
  readonly nodeArgs?: readonly string[]
  /** The whole environment: nothing of this process's own is passed on. */
  readonly env: Readonly<Record<string, string>>
  readonly onLine: (line: ChildLine, pid: number) => void
}

/**
 * Runs a script of ours on this Node in a session of its own, so that a Ctrl-C reaches only the parent, which stops
 * things in order. It ends with this process, however that one ends.
 */
export async function startChild({
  script,
  args,
  nodeArgs = [],
  env,
  onLine,
}: ChildProgramOptions): Promise<ChildProgram> {
  const start = tied(process.execPath, [...nodeArgs, script, ...args], env)
  const child = spawn(start.command, start.args, {
    detached: true,
    env: start.env,
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => resolve({ code, signal }))
  })
  child.stdin.on('error', () => undefined)
  const pid = child.pid ?? 0
  for (const stream of ['stdout', 'stderr'] as const) {
    createInterface({ input: child[stream] }).on('line', (text) => onLine({ stream, text }, pid))
  }
  await once(child, 'spawn')
  return {
    pid,
    ended,
    kill() {
      child.kill('SIGKILL')
      return ended
    },
  }
}

/** What a program needs of this machine, and nothing that a deployed function would not have. */
export function machineEnvironment(): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'SystemRoot', 'LD_LIBRARY_PATH']
  return Object.fromEntries(
    kept.flatMap((name) => {
      const value = process.env[name]
      return value === undefined ? [] : [[name, value]]
    }),
  )
}
