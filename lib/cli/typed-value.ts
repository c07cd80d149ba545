import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import type { Json } from '../model/json.ts'
import { UsageError } from './errors.ts'

/** A value as it was typed: JSON, `@FILE`, or `-` for standard input. Throws `UsageError`. */
export async function typedValue(option: string, typed: string | undefined): Promise<Json> {
  if (typed === undefined) return null
  const [said, where] = await textOf(option, typed)
  try {
    return JSON.parse(said) as Json
  } catch (error) {
    throw new UsageError(`${option}: ${where} is not JSON (a text needs quotes of its own: '"text"')`, {
      cause: error,
    })
  }
}

/** A secret as it was typed, or from standard input, which no list of processes shows. */
export async function typedSecret(typed: string): Promise<string> {
  return typed === '-' ? (await text(process.stdin)).trim() : typed
}

async function textOf(option: string, typed: string): Promise<readonly [text: string, where: string]> {
  if (typed === '-') return [await text(process.stdin), 'standard input']
  if (!typed.startsWith('@')) return [typed, typed.length > 60 ? 'it' : typed]
  const path = typed.slice(1)
  try {
    return [readFileSync(path, 'utf8'), path]
  } catch (error) {
    throw new UsageError(
      `${option}: ${path} cannot be read (${String((error as NodeJS.ErrnoException).code)})`,
      {
        cause: error,
      },
    )
  }
}
