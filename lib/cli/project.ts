import { readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import * as v from 'valibot'
import { UsageError } from './errors.ts'

// What a project says about itself: the field `leasehold` of the nearest package.json that has one.

const CONFIG = v.strictObject({
  /** The stack, or the API, that commands use when neither the command line nor the environment names a target. */
  stack: v.optional(v.pipe(v.string(), v.minLength(1))),
  api: v.optional(v.pipe(v.string(), v.url())),
  region: v.optional(v.string()),
  profile: v.optional(v.string()),
  /** A command that prints a token, for an API with JWT. */
  tokenCommand: v.optional(v.string()),
  /** The module that exports the processes of the project, for `leasehold dev`. */
  entry: v.optional(v.string()),
  /** Modules of the project that export its handlers, so that `leasehold dev` runs these. */
  workerEntry: v.optional(v.string()),
  apiEntry: v.optional(v.string()),
})
export type ProjectConfig = v.InferOutput<typeof CONFIG>

/** Throws `UsageError` if the field has an entry that is unknown or of another type. */
export function findProject(
  from: string,
): { readonly path: string; readonly config: ProjectConfig } | undefined {
  for (let folder = resolve(from); ; folder = dirname(folder)) {
    const path = join(folder, 'package.json')
    const field = fieldOf(path)
    if (field !== undefined) return { path, config: checked(path, field) }
    if (folder === dirname(folder)) return undefined
  }
}

function fieldOf(path: string): unknown {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined
    throw error
  }
  try {
    return (JSON.parse(text) as { leasehold?: unknown } | null)?.leasehold
  } catch (error) {
    throw new UsageError(`${path} is not JSON`, { cause: error })
  }
}

function checked(path: string, field: unknown): ProjectConfig {
  const parsed = v.safeParse(CONFIG, field)
  if (!parsed.success) {
    const [issue] = parsed.issues
    const where = ['leasehold', ...(issue.path ?? []).map(({ key }) => String(key))].join('.')
    throw new UsageError(`${path}: ${where}: ${issue.message}`)
  }
  if (parsed.output.stack !== undefined && parsed.output.api !== undefined)
    throw new UsageError(`${path}: leasehold.stack and leasehold.api name two targets: keep one of them`)
  return parsed.output
}
