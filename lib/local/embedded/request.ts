import { malformed } from './refusal.ts'
import { listOf, objectOf } from './read-values.ts'

/** A request's body: each member is read by name and JSON type, and null is as good as absent. */
export class RequestBody {
  readonly #members: Readonly<Record<string, unknown>>
  readonly #at: string

  constructor(raw: unknown, at = 'request') {
    this.#members = objectOf(raw, at)
    this.#at = at
  }

  has(name: string): boolean {
    return this.raw(name) !== undefined
  }

  raw(name: string): unknown {
    return Object.hasOwn(this.#members, name) ? (this.#members[name] ?? undefined) : undefined
  }

  text(name: string): string | undefined {
    const value = this.raw(name)
    if (value !== undefined && typeof value !== 'string') throw this.#mistyped(name, 'a string')
    return value
  }

  flag(name: string): boolean | undefined {
    const value = this.raw(name)
    if (value !== undefined && typeof value !== 'boolean') throw this.#mistyped(name, 'a boolean')
    return value
  }

  whole(name: string): number | undefined {
    const value = this.raw(name)
    if (value !== undefined && (typeof value !== 'number' || !Number.isInteger(value)))
      throw this.#mistyped(name, 'a whole number')
    return value
  }

  list(name: string): readonly unknown[] | undefined {
    const value = this.raw(name)
    return value === undefined ? undefined : listOf(value, this.#path(name))
  }

  texts(name: string): readonly string[] | undefined {
    return this.list(name)?.map((each) => {
      if (typeof each !== 'string') throw this.#mistyped(name, 'a list of strings')
      return each
    })
  }

  bodies(name: string): readonly RequestBody[] | undefined {
    return this.list(name)?.map((each, index) => new RequestBody(each, `${this.#path(name)}[${index}]`))
  }

  body(name: string): RequestBody | undefined {
    const value = this.raw(name)
    return value === undefined ? undefined : new RequestBody(value, this.#path(name))
  }

  entries(name: string): readonly (readonly [string, unknown])[] | undefined {
    const value = this.raw(name)
    return value === undefined ? undefined : Object.entries(objectOf(value, this.#path(name)))
  }

  #path(name: string): string {
    return `${this.#at}.${name}`
  }

  #mistyped(name: string, expected: string): Error {
    return malformed(`${this.#path(name)}: expected ${expected}`)
  }
}
