import { spawn } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

/** A worker that was killed, or stopped for a while. Times are of the machine's clock, which all of its processes share. */
export type KillOrPause =
  | { readonly kind: 'kill'; readonly pid: number; readonly at: number }
  | {
      readonly kind: 'pause'
      readonly pid: number
      readonly at: number
      readonly until: number
      /** It lived on: a worker whose invocation ends while it is stopped is killed by its host. */
      readonly woken: boolean
    }

/** Whether a worker slept while this happened, and woke up after it. */
export function pausedDuring(
  kills: readonly KillOrPause[],
  pid: number | undefined,
  happenedAt: number,
): boolean {
  return kills.some(
    (kill) =>
      kill.kind === 'pause' &&
      kill.pid === pid &&
      kill.woken &&
      kill.at <= happenedAt &&
      happenedAt < kill.until,
  )
}

export function sent(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal)
  } catch {
    // It is gone already.
    return false
  }
}

export type Stopped = {
  /** Wakes it. Again is harmless. */
  readonly wake: () => void
}

/**
 * Stops a worker. A process of its own wakes it after `longestMs` at the latest, so that it is woken, and can notice that
 * its parent is gone, however this one ends.
 */
export async function stopped(pid: number, longestMs: number): Promise<Stopped> {
  const seconds = (longestMs / 1_000).toFixed(3)
  const shell = spawn(
    '/bin/sh',
    ['-c', 'kill -STOP $0; echo; sleep $1; kill -CONT $0', String(pid), seconds],
    {
      detached: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    },
  )
  const gone = new Promise<void>(
    (resolve) => void shell.once('exit', () => resolve()).once('error', () => resolve()),
  )
  await Promise.race([new Promise((resolve) => void shell.stdout.once('data', resolve)), gone])
  return {
    wake() {
      sent(pid, 'SIGCONT')
      // With the sleep that it waits for: they are a group of their own.
      if (shell.pid !== undefined && shell.exitCode === null) sent(-shell.pid, 'SIGKILL')
    },
  }
}

/** Whether `event` came true within `longestMs`. */
export async function within(longestMs: number, event: () => boolean): Promise<boolean> {
  const latest = performance.now() + longestMs
  while (!event()) {
    const leftMs = latest - performance.now()
    if (leftMs <= 0) return false
    await pause(Math.min(leftMs, LOOK_EVERY_MS))
  }
  return true
}
const LOOK_EVERY_MS = 50
