import { InvariantBroken } from './errors.ts'
import type { Json } from './json.ts'

/**
 * States what must hold if the code is right; throws `InvariantBroken` where it does not.
 * For bugs only: a fault of the network, the caller or the author is an error class of its own.
 */
export function invariant(
  holds: boolean,
  statement: string,
  facts: Record<string, Json> = {},
): asserts holds {
  if (!holds) throw new InvariantBroken(statement, facts)
}
