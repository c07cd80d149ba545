import * as v from 'valibot'
import type { Flaw } from '../model/errors.ts'

/** An object of these fields and no others. A list has keys too, so `strictObject` would take `[]` where none is needed. */
export function fields<const Entries extends v.ObjectEntries>(entries: Entries) {
  const schema = v.strictObject(entries)
  const run: (typeof schema)['~run'] = (dataset, config) => {
    if (!Array.isArray(dataset.value)) return schema['~run'](dataset, config)
    v._addIssue(schema, 'type', dataset, config)
    // With its issue it is the dataset of a failure.
    return dataset as unknown as v.FailureDataset<v.StrictObjectIssue>
  }
  return { ...schema, '~run': run }
}

/** A schema's complaints of configuration as key, expected and got. */
export function flawsOf(issues: readonly v.BaseIssue<unknown>[]): Flaw[] {
  return issues.map((issue) => flawOf(issue, cut(issue.received)))
}

/** The same of what a stranger sent: it may be a secret in the wrong field, so of its values only the type is told. */
export function flawsOfMessage(issues: readonly v.BaseIssue<unknown>[]): Flaw[] {
  return issues.map((issue) =>
    flawOf(issue, issue.input === undefined ? 'nothing' : `a value of type ${typeOf(issue.input)}`),
  )
}

function flawOf(issue: v.BaseIssue<unknown>, got: string): Flaw {
  const message = issue.expected === null ? issue.message : `expected ${issue.expected}, got ${got}`
  return { path: v.getDotPath(issue) ?? '', message }
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** A value may be long: its beginning is enough to find it. */
function cut(received: string): string {
  return received.length <= 60 ? received : `${received.slice(0, 57)}…`
}
