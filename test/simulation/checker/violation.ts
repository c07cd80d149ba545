import type { Violation } from '../history.ts'

export function broken(
  invariant: string,
  process: string,
  fact: number | undefined,
  says: string,
): Violation {
  return fact === undefined ? { invariant, process, says } : { invariant, process, says, fact }
}
