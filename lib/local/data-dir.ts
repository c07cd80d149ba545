import { closeSync, mkdirSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { DataInUse } from './errors.ts'

export type DataDir = {
  readonly dynamo: string
  readonly sqs: string
  /** Lets another stack use the folder. */
  release(): void
}

/**
 * Takes the folder for one stack, and makes it where absent: two emulators on the same files would spoil them. A lock
 * left by a stack that was killed is taken over. Throws `DataInUse` where the other one lives.
 */
export function takeDataDir(folder: string): DataDir {
  const root = resolve(folder)
  mkdirSync(root, { recursive: true })
  const lock = join(root, 'in-use-by')
  if (!lockFor(lock)) {
    const pid = Number(readFileSync(lock, 'utf8'))
    if (lives(pid)) throw new DataInUse({ folder: root, pid, lock })
    rmSync(lock, { force: true })
    if (!lockFor(lock)) throw new DataInUse({ folder: root, pid, lock })
  }
  return {
    dynamo: join(root, 'dynamodb'),
    sqs: join(root, 'sqs'),
    release: () => rmSync(lock, { force: true }),
  }
}

function lockFor(lock: string): boolean {
  try {
    const file = openSync(lock, 'wx')
    writeSync(file, String(process.pid))
    closeSync(file)
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
}

export function lives(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return !isZombie(pid)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}

/** Dead, but not yet noticed by its parent: in a container without an init that may last for ever. */
function isZombie(pid: number): boolean {
  try {
    return /^\d+ \(.*\) Z/su.test(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch {
    // No such file system here: macOS has an init that buries its dead.
    return false
  }
}
