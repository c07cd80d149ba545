import { UsageError } from './errors.ts'

// How a command is described. One description makes its parser, its help, its page in docs/cli.md and its completion, so it
// loads nothing: what a command does is loaded when it runs.

export type OptionSpec<Value = unknown> = {
  readonly about: string
  readonly short?: string
  /** Absent for a flag, which is true or not there. */
  readonly value?: {
    readonly name: string
    readonly choices?: readonly string[]
    /** Throws `UsageError`. */
    read(text: string): Value
  }
}
export type ArgumentSpec = { readonly about: string; readonly optional?: true; readonly many?: true }

/** The parts that several commands have. */
export type CommonOptions = 'target' | 'json' | 'confirm'

export type Spec<
  Arguments extends Readonly<Record<string, ArgumentSpec>> = Readonly<Record<string, ArgumentSpec>>,
  Options extends Readonly<Record<string, OptionSpec>> = Readonly<Record<string, OptionSpec>>,
> = {
  /** One word, or two for a command of a group: `dlq list`. */
  readonly name: string
  /** One line, for the list of commands. */
  readonly summary: string
  /** Paragraphs for its own help. */
  readonly more?: readonly string[]
  readonly args: Arguments
  readonly options: Options
  /** `target`: it asks an API. `json`: it prints an answer. `confirm`: it asks before it changes something. */
  readonly takes: readonly CommonOptions[]
  /** What follows `leasehold `, each with what it does. */
  readonly examples?: readonly (readonly [command: string, does: string])[]
}

export function spec<
  const Arguments extends Readonly<Record<string, ArgumentSpec>>,
  const Options extends Readonly<Record<string, OptionSpec>>,
>(described: Spec<Arguments, Options>): Spec<Arguments, Options> {
  return described
}

export type ArgumentsOf<Any extends Spec> = {
  readonly [Name in keyof Any['args']]: Any['args'][Name] extends { readonly many: true }
    ? readonly string[]
    : Any['args'][Name] extends { readonly optional: true }
      ? string | undefined
      : string
}
export type ValuesOf<Any extends Spec> = OptionValues<Any['options']>
export type OptionValues<Options extends Readonly<Record<string, OptionSpec>>> = {
  readonly [Name in keyof Options]?: Options[Name] extends OptionSpec<infer Value> ? Value : never
}

export function flag(about: string, short?: string): OptionSpec<true> {
  return short === undefined ? { about } : { about, short }
}

export function text(name: string, about: string): OptionSpec<string> {
  return { about, value: { name, read: (typed) => typed } }
}

export function choice<const Choice extends string>(
  choices: readonly Choice[],
  about: string,
  name = 'HOW',
): OptionSpec<Choice> {
  const read = (typed: string): Choice => {
    const found = choices.find((each) => each === typed)
    if (found !== undefined) return found
    throw new UsageError(`expected ${inWords(choices)}, got ${typed}`)
  }
  return { about, value: { name, choices, read } }
}

/** A whole number of these bounds, both included. */
export function whole(about: string, least: number, most: number): OptionSpec<number> {
  const read = (typed: string): number => {
    const number = /^\d{1,15}$/u.test(typed) ? Number(typed) : Number.NaN
    if (number >= least && number <= most) return number
    throw new UsageError(`expected ${least} to ${most}, got ${typed}`)
  }
  return { about, value: { name: 'N', read } }
}

const UNITS_MS: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** A length of time like `500ms`, `6s`, `2m`, `3h` or `7d`, in milliseconds. */
export function time(about: string): OptionSpec<number> {
  return { about, value: { name: 'TIME', read: readTime } }
}

/** A moment: an ISO date, epoch milliseconds, or a time that counts back from now, like `2h`. */
export function moment(about: string): OptionSpec<Moment> {
  return {
    about: `${about} (an ISO date, epoch ms, or 2h for two hours ago)`,
    value: { name: 'WHEN', read: readMoment },
  }
}

export type Moment = { readonly at: number } | { readonly agoMs: number }

function readMoment(typed: string): Moment {
  if (/^\d{11,15}$/u.test(typed)) return { at: Number(typed) }
  if (/^\d+(?:\.\d+)?(?:ms|s|m|h|d)$/u.test(typed)) return { agoMs: readTime(typed) }
  const at = /^\d{4}-\d{2}-\d{2}/u.test(typed) ? Date.parse(typed) : Number.NaN
  if (Number.isSafeInteger(at)) return { at }
  throw new UsageError(`expected an ISO date, epoch milliseconds or a time like 2h, got ${typed}`)
}

function readTime(typed: string): number {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/u.exec(typed) ?? []
  const ms = Math.round(Number(amount) * (UNITS_MS[unit] ?? Number.NaN))
  if (Number.isSafeInteger(ms)) return ms
  throw new UsageError(`expected a time like 500ms, 6s, 2m, 3h or 7d, got ${typed}`)
}

function inWords(choices: readonly string[]): string {
  return `${choices.slice(0, -1).join(', ')} or ${choices.at(-1) ?? ''}`
}
