import * as v from 'valibot'

// The output that `DurableProcesses` writes into its stack, and by which a command finds the system of a stack.

/** The name of the output. A second construct in one stack has more letters behind it. */
export const STACK_OUTPUT = 'Leasehold'

const SHAPE = v.looseObject({
  v: v.literal(1),
  /** Of the package that made the stack. */
  version: v.string(),
  region: v.string(),
  /** Absent without an API. */
  api: v.optional(v.object({ url: v.pipe(v.string(), v.url()), auth: v.picklist(['iam', 'jwt']) })),
  table: v.string(),
  queue: v.string(),
  urgentQueue: v.string(),
  deadLetters: v.string(),
  /** Absent without status events. */
  bus: v.optional(v.string()),
})
export type StackOutput = v.InferOutput<typeof SHAPE>

const OTHER_SHAPE = v.looseObject({ v: v.number(), version: v.string() })

/** The version of the package behind an output that `readStackOutput` cannot read. Undefined for a text of no Leasehold. */
export function otherVersionIn(text: string): string | undefined {
  try {
    const parsed = v.safeParse(OTHER_SHAPE, JSON.parse(text))
    return parsed.success ? parsed.output.version : undefined
  } catch {
    // Another construct may have an output of this name.
    return undefined
  }
}

/** Undefined for a text of another shape. */
export function readStackOutput(text: string): StackOutput | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    // Another construct may have an output of this name.
    return undefined
  }
  const parsed = v.safeParse(SHAPE, value)
  return parsed.success ? parsed.output : undefined
}
