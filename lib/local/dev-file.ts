import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { lives } from './data-dir.ts'

// `.leasehold/dev.json`: how other programs on this machine find a local stack that runs.

const DEV_FILE = v.looseObject({
  v: v.literal(1),
  /** The process that holds the stack. The file means nothing after its end. */
  pid: v.pipe(v.number(), v.integer(), v.minValue(1)),
  /** Where the API is served. */
  api: v.pipe(v.string(), v.url()),
  /** How the API knows its callers. Default `none`. */
  auth: v.optional(v.picklist(['none', 'iam', 'jwt'])),
  /** Where its queues are. A stack of an earlier version does not say. */
  queues: v.optional(
    v.object({
      endpoint: v.pipe(v.string(), v.url()),
      region: v.string(),
      work: v.string(),
      urgent: v.string(),
      deadLetters: v.string(),
    }),
  ),
})
export type DevFile = v.InferOutput<typeof DEV_FILE>

export const DEV_FILE_PATH = join('.leasehold', 'dev.json')

/** Writes the file of a stack that runs for this folder. Returns what removes it, unless another stack has replaced it. */
export function writeDevFile(folder: string, file: Omit<DevFile, 'v'>): () => void {
  const path = join(folder, DEV_FILE_PATH)
  mkdirSync(dirname(path), { recursive: true })
  ignoreFolder(dirname(path))
  const text = JSON.stringify({ v: 1, ...file }, null, 2)
  // A reader sees the old file or the new one, and never half of one.
  const half = `${path}.${process.pid}`
  writeFileSync(half, `${text}\n`, { mode: 0o600 })
  renameSync(half, path)
  return () => {
    if (readDevFile(path)?.pid === file.pid) rmSync(path, { force: true })
  }
}

/** What is in the folder is of this machine. */
function ignoreFolder(folder: string): void {
  const path = join(folder, '.gitignore')
  if (!existsSync(path)) writeFileSync(path, '*\n')
}

/** The nearest file of a stack that lives: in this folder, or in one above it. */
export function findDevFile(from: string): { readonly path: string; readonly file: DevFile } | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, DEV_FILE_PATH)
    const file = readDevFile(path)
    if (file !== undefined && lives(file.pid)) return { path, file }
    if (folder === dirname(folder)) return undefined
  }
}

/** Undefined if there is no such file, or if its content is that of no version known here. */
function readDevFile(path: string): DevFile | undefined {
  try {
    const parsed = v.safeParse(DEV_FILE, JSON.parse(readFileSync(path, 'utf8')))
    return parsed.success ? parsed.output : undefined
  } catch (error) {
    const { code, name } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || name === 'SyntaxError') return undefined
    throw error
  }
}
