/** The mistakes that the mutator makes, one at a time. */
export const KINDS = [
  'negate a condition',
  'shift a comparison',
  'swap and with or',
  'drop a fallback',
  'drop a negation',
  'drop a guard',
  'drop an await',
  'remove a statement',
  'swap two arguments',
  'flip a boolean',
  'swap plus with minus',
  'swap some with every',
  'swap min with max',
  'drop a spread',
] as const
export type Kind = (typeof KINDS)[number]

/** One changed place of one source file: the characters from `start` to `end` become `replacement`. */
export type Mutant = {
  /** `file: kind: text`, with `#n` for a text that recurs: it does not change when other lines of the file do. */
  readonly id: string
  /** From the project's root, with `/`. */
  readonly file: string
  readonly line: number
  readonly kind: Kind
  readonly start: number
  readonly end: number
  readonly replacement: string
}

/** The text with the mutant in it. */
export function withMutant(text: string, { start, end, replacement }: Mutant): string {
  return text.slice(0, start) + replacement + text.slice(end)
}

/** The environment variable in which a child process receives its mutant, as JSON. */
export const MUTANT_VARIABLE = 'LEASEHOLD_MUTANT'

/** The mutant that this process has to plant, if there is one. */
export function mutantOf(env: NodeJS.ProcessEnv): Mutant | undefined {
  const text = env[MUTANT_VARIABLE]
  return text === undefined || text === '' ? undefined : (JSON.parse(text) as Mutant)
}
