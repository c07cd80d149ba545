/**
 * Mutants that change nothing that a caller, a store or an operator could see, by id, each with the reason. The mutator
 * leaves them out. An id that names no mutant any more fails test/mutation/mutators.test.ts.
 */
export const EQUIVALENT: ReadonlyMap<string, string> = new Map<string, string>([])
