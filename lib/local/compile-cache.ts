import { flushCompileCache } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Where Node itself keeps compiled code when a program asks for it without a place of its own. */
const FOLDER = 'node-compile-cache'

/**
 * Variables for a child process of this package's own code. Compiling the modules of an emulator takes longer than all else that it
 * does before it listens, so Node keeps the compiled code from start to start. Node's own variables decide if they are set.
 */
export function compileCache(env: NodeJS.ProcessEnv = process.env): Readonly<Record<string, string>> {
  const disabled = env['NODE_DISABLE_COMPILE_CACHE']
  if (disabled !== undefined) return { NODE_DISABLE_COMPILE_CACHE: disabled }
  return { NODE_COMPILE_CACHE: env['NODE_COMPILE_CACHE'] ?? join(tmpdir(), FOLDER) }
}

/** Called once all modules are loaded: Node writes its cache at an exit, and a process that is killed has none. */
export function keepCompiled(): void {
  setImmediate(flushCompileCache)
}
