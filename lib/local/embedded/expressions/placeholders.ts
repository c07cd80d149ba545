import { invalid, malformed, Refusal } from '../refusal.ts'
import type { RequestBody } from '../request.ts'
import { readValue } from '../read-values.ts'
import type { Value } from '../values.ts'
import type { ExpressionName, Path, PathStep, ValueName } from './syntax.ts'

const NAME = /^#[A-Za-z0-9_]+$/
const VALUE = /^:[A-Za-z0-9_]+$/

/** The names and values that a request's expressions refer to. Each must be used. */
export class ExpressionPlaceholders {
  readonly #names = new Map<string, string>()
  readonly #values = new Map<string, Value>()
  readonly #used = new Set<string>()

  /** The two maps of a request, checked. */
  constructor(body: RequestBody) {
    this.#readNames(body)
    this.#readValues(body)
  }

  steps(expression: ExpressionName, path: Path): readonly PathStep[] {
    return path.steps.map((step) =>
      typeof step === 'string' && step.startsWith('#') ? this.#name(expression, step) : step,
    )
  }

  value(expression: ExpressionName, { name }: ValueName): Value {
    const value = this.#values.get(name)
    if (value === undefined)
      throw invalid(
        `Invalid ${expression}: An expression attribute value used in expression is not defined; attribute value: ${name}`,
      )
    this.#used.add(name)
    return value
  }

  /** Throws a `Refusal` that names what no expression used. */
  checkUsed(): void {
    this.#checkUsed('ExpressionAttributeNames', this.#names)
    this.#checkUsed('ExpressionAttributeValues', this.#values)
  }

  #name(expression: ExpressionName, placeholder: string): string {
    const name = this.#names.get(placeholder)
    if (name === undefined)
      throw invalid(
        `Invalid ${expression}: An expression attribute name used in the document path is not defined; attribute name: ${placeholder}`,
      )
    this.#used.add(placeholder)
    return name
  }

  #checkUsed(parameter: string, defined: ReadonlyMap<string, unknown>): void {
    const unused = [...defined.keys()].filter((each) => !this.#used.has(each)).toSorted()
    if (unused.length > 0)
      throw invalid(`Value provided in ${parameter} unused in expressions: keys: {${unused.join(', ')}}`)
  }

  #readNames(body: RequestBody): void {
    const entries = body.entries('ExpressionAttributeNames')
    if (entries?.length === 0) throw invalid('ExpressionAttributeNames must not be empty')
    for (const [key, name] of entries ?? []) {
      if (!NAME.test(key)) throw badKey('ExpressionAttributeNames', key)
      if (typeof name !== 'string')
        throw malformed(`request.ExpressionAttributeNames.${key}: expected a string`)
      if (name === '')
        throw invalid(`ExpressionAttributeNames contains invalid value: Empty attribute name for key ${key}`)
      this.#names.set(key, name)
    }
  }

  #readValues(body: RequestBody): void {
    const entries = body.entries('ExpressionAttributeValues')
    if (entries?.length === 0) throw invalid('ExpressionAttributeValues must not be empty')
    for (const [key, raw] of entries ?? []) {
      if (!VALUE.test(key)) throw badKey('ExpressionAttributeValues', key)
      this.#values.set(key, valueOf(key, raw))
    }
  }
}

function valueOf(key: string, raw: unknown): Value {
  try {
    return readValue(raw, `request.ExpressionAttributeValues.${key}`)
  } catch (error) {
    if (!(error instanceof Refusal) || error.type !== 'ValidationException') throw error
    throw invalid(`ExpressionAttributeValues contains invalid value: ${error.message} for key ${key}`)
  }
}

function badKey(parameter: string, key: string): Refusal {
  return invalid(`${parameter} contains invalid key: Syntax error; key: "${key}"`)
}
