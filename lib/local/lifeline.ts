import { accessSync, constants } from 'node:fs'
import { Worker } from 'node:worker_threads'

// A child dies with its parent, however that one ends, SIGKILL included.
//
// On Linux the kernel sees to that, where `setpriv` is there to ask it: at no cost. Elsewhere a thread of the child watches
// a pipe that the parent holds. That takes some 0.1 s of CPU at each start, a quarter of a worker's.

/** Set for a child that the kernel watches over: who its parent is. */
const PARENT = 'LEASEHOLD_LOCAL_PARENT'
const SETPRIV = '/usr/bin/setpriv'
const KERNEL = process.platform === 'linux' && isThere(SETPRIV)

/** How a child is to be started, so that it can die with this process. */
export function tied(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): { command: string; args: readonly string[]; env: Readonly<Record<string, string>> } {
  if (!KERNEL) return { command, args, env }
  const told = { ...env, [PARENT]: String(process.pid) }
  return { command: SETPRIV, args: ['--pdeathsig', 'KILL', command, ...args], env: told }
}

/**
 * Ties this process to the one that started it by `tied`: standard input must be a pipe that the parent holds and never
 * writes to. However the parent ends, this process is killed, also one whose code never gives control back.
 */
export function dieWithParent(): void {
  const parent = process.env[PARENT]
  if (parent === undefined) new Worker(WATCH, { eval: true, env: {}, execArgv: [] }).unref()
  // It died before the kernel was asked.
  else if (process.ppid !== Number(parent)) process.kill(process.pid, 'SIGKILL')
  delete process.env[PARENT]
}

function isThere(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}

const WATCH = `
  const { Socket } = require('node:net')
  const die = () => process.kill(process.pid, 'SIGKILL')
  new Socket({ fd: 0 }).on('end', die).on('close', die).on('error', die).resume()
`
