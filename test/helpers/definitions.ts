import * as v from 'valibot'
import type { ProcessContext } from '../../lib/effects/context.ts'
import { defineProcess, type AnyDefinition } from '../../lib/effects/definition.ts'
import type { Limits, Recovery } from '../../lib/model/registration.ts'

/** A definition with a loose input and output around one body. */
export function process(
  run: (context: ProcessContext, input: { n?: number }) => Promise<unknown>,
  options: { kind?: string; recovery?: Recovery; limits?: Limits; version?: string } = {},
): AnyDefinition {
  return defineProcess({
    kind: options.kind ?? 'sample',
    input: v.object({ n: v.optional(v.number()) }),
    output: v.unknown(),
    ...options,
    run,
  })
}

/** A gate that a body can wait at until the test opens it. */
export function gate<T = void>(): {
  promise: Promise<T>
  open: (value: T) => void
  reached: Promise<void>
  arrive: () => void
} {
  const { promise, resolve } = Promise.withResolvers<T>()
  const reached = Promise.withResolvers<void>()
  return { promise, open: resolve, reached: reached.promise, arrive: reached.resolve }
}
