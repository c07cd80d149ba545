import * as v from 'valibot'
import { InvalidConfig, type Issue } from './errors.ts'

/** An object of these fields and no others. A list is an object too: `strictObject` would accept `[]` if no field is required. */
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

/** Configuration, such as an environment, as its schema has it. Throws `InvalidConfig`, naming all that cannot be used. */
export function configured<Schema extends v.GenericSchema>(
  schema: Schema,
  value: unknown,
): v.InferOutput<Schema> {
  const parsed = v.safeParse(schema, value)
  if (parsed.success) return parsed.output
  throw new InvalidConfig({ issues: toIssues(parsed.issues) })
}

/** A schema's complaints of configuration as key, expected and got. */
export function toIssues(issues: readonly v.BaseIssue<unknown>[]): Issue[] {
  return issues.map((issue) => toIssue(issue, cut(issue.received)))
}

/** The same for a message: a value may be a secret in the wrong field, so only its type is reported. */
export function toMessageIssues(issues: readonly v.BaseIssue<unknown>[]): Issue[] {
  return issues.map((issue) => toIssue(issue, `a value of type ${typeOf(issue.input)}`))
}

function toIssue(issue: v.BaseIssue<unknown>, got: string): Issue {
  return { path: v.getDotPath(issue) ?? '', message: messageOf(issue, got) }
}

function messageOf({ expected, input, message }: v.BaseIssue<unknown>, got: string): string {
  // For an unknown field valibot expects `never`, and for a missing one the field's own name in quotes.
  if (expected === 'never') return 'unknown field'
  if (expected !== null && input === undefined) return 'is missing'
  return expected === null ? message : `expected ${expected}, got ${got}`
}

function typeOf(value: unknown): string {
  if (value === null) return 'null'
  return Array.isArray(value) ? 'array' : typeof value
}

/** A value may be long: its beginning is enough to find it. */
function cut(received: string): string {
  return received.length <= 60 ? received : `${received.slice(0, 57)}…`
}
