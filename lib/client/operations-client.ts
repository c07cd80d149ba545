import { definitionsByKind, type AnyDefinition } from '../effects/definition.ts'
import { expectConfig, type Options } from '../model/options.ts'
import { kindsOf, type KindView } from './kinds.ts'
import type { Operations } from './operations.ts'

export type OperationsParts = {
  /** The kinds that are deployed. */
  readonly definitions?: readonly AnyDefinition[]
}

const PARTS: Options<OperationsParts> = { definitions: 'any' }

/** `Operations` straight on the table. */
export class OperationsClient implements Operations {
  readonly #definitions: ReadonlyMap<string, AnyDefinition>

  constructor(parts: OperationsParts) {
    expectConfig<OperationsParts>(parts, PARTS)
    this.#definitions = definitionsByKind(parts.definitions ?? [])
  }

  kinds(): Promise<readonly KindView[]> {
    return Promise.resolve(kindsOf(this.#definitions.values()))
  }
}
