import type { KindView } from './kinds.ts'

/**
 * What an operator asks of all processes together. Two stand behind it, and one suite of tests holds both to the same
 * answers: `OperationsClient`, straight on the table, and `HttpOperationsClient`, over the API. Errors are those of `Processes`.
 */
export interface Operations {
  /** The kinds that are deployed with the API, or that the direct client was given, by name. No request to the table. */
  kinds(): Promise<readonly KindView[]>
}
