import { Worker } from 'node:worker_threads'

/**
 * Ties this process to the one that started it: standard input must be a pipe that the parent holds and never writes
 * to. However the parent ends, SIGKILL included, the kernel closes the pipe and this process is killed. The watch runs
 * in a thread of its own, so it also ends a process whose code never gives control back.
 */
export function dieWithParent(): void {
  new Worker(WATCH, { eval: true, env: {}, execArgv: [] }).unref()
}

const WATCH = `
  const { Socket } = require('node:net')
  const die = () => process.kill(process.pid, 'SIGKILL')
  new Socket({ fd: 0 }).on('end', die).on('close', die).on('error', die).resume()
`
