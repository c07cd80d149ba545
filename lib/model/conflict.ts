import { isDeepStrictEqual } from 'node:util'
import { cutPath } from './errors/base.ts'
import type { ProcessRow } from './record.ts'
import { CONTENT_FIELDS, type ContentField } from './registration.ts'

/** More paths would say no more about what went wrong. */
const PATHS_MAX = 3

type Content = Pick<ProcessRow, ContentField>

/**
 * In which fields two registrations of one id differ, as a text of paths: `input.amount, scope`. Inputs are compared as their
 * schema made them; of one that does not ride in the row the size is known, and no more.
 */
export function differencesOf(stored: Content, asked: Content): string {
  const paths: string[] = []
  collect(contentOf(stored), contentOf(asked), '', paths)
  const left = paths.length - PATHS_MAX
  const some = paths.slice(0, PATHS_MAX).map(cutPath).join(', ')
  return left > 0 ? `${some} and more` : some
}

function contentOf(of: Content): object {
  const { input } = of
  const fields = CONTENT_FIELDS.map((field) => [field, of[field]])
  return { ...Object.fromEntries(fields), input: 'value' in input ? input.value : { bytes: input.bytes } }
}

function collect(a: unknown, b: unknown, path: string, into: string[]): void {
  if (into.length > PATHS_MAX || isDeepStrictEqual(a, b)) return
  if (!isObject(a) || !isObject(b) || Array.isArray(a) !== Array.isArray(b)) return void into.push(path)
  for (const key of new Set([...Object.keys(a), ...Object.keys(b)]))
    collect(a[key], b[key], path === '' ? key : `${path}.${key}`, into)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null
}
