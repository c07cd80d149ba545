import type { Value } from '../values.ts'

/** An element of a document path: an attribute's name, a placeholder of one, or the index of a list. */
export type PathStep = string | number
export type Path = { readonly kind: 'path'; readonly steps: readonly PathStep[] }
export type ValueName = { readonly kind: 'value'; readonly name: string }
/** What stands for a value: its placeholder, or once that is looked up, the value. */
export type Constant = { readonly kind: 'constant'; readonly value: Value }
export type FunctionCall<V = ValueName> = {
  readonly kind: 'call'
  readonly name: string
  readonly operands: readonly Operand<V>[]
}
export type Operand<V = ValueName> = Path | V | FunctionCall<V>

export type Comparator = '=' | '<>' | '<' | '<=' | '>' | '>='
export type Condition<V = ValueName> =
  | { readonly kind: 'and' | 'or'; readonly conditions: readonly [Condition<V>, Condition<V>] }
  | { readonly kind: 'not'; readonly condition: Condition<V> }
  | Comparison<V>
  | FunctionCall<V>
export type Comparison<V = ValueName> = {
  readonly kind: 'compare'
  readonly operator: Comparator | 'BETWEEN' | 'IN'
  readonly operands: readonly Operand<V>[]
}

/** The right side of `SET path = …`. */
export type Assigned<V = ValueName> =
  | Operand<V>
  | {
      readonly kind: 'arithmetic'
      readonly operator: '+' | '-'
      readonly operands: readonly [Operand<V>, Operand<V>]
    }
export type Section = 'SET' | 'REMOVE' | 'ADD' | 'DELETE'
export type Action<V = ValueName> = {
  readonly section: Section
  readonly path: Path
  /** Not of REMOVE. */
  readonly assigned?: Assigned<V>
}
export type Update = {
  readonly actions: readonly Action[]
  /** Each section as often as it was opened. */
  readonly sections: readonly Section[]
}

export type ExpressionName =
  | 'ConditionExpression'
  | 'FilterExpression'
  | 'KeyConditionExpression'
  | 'ProjectionExpression'
  | 'UpdateExpression'

/** A path as DynamoDB's messages write it: `[a, [0], b]`. */
export function shownPath(steps: readonly PathStep[]): string {
  return `[${steps.map((step) => (typeof step === 'number' ? `[${step}]` : step)).join(', ')}]`
}
