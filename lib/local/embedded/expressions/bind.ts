import { invalid, type Refusal } from '../refusal.ts'
import { compareValues, typeOf, type TypeName, type Value } from '../values.ts'
import type { ExpressionPlaceholders } from './placeholders.ts'
import {
  shownPath,
  type FunctionCall,
  type Comparison,
  type Condition,
  type Constant,
  type ExpressionName,
  type Operand,
} from './syntax.ts'

// Placeholders are looked up, and all that can be known without an item is checked: counts and types of operands.

const ORDERED: ReadonlySet<TypeName> = new Set(['S', 'N', 'B'])
const SIZED: ReadonlySet<TypeName> = new Set(['S', 'B', 'SS', 'NS', 'BS', 'L', 'M'])
const TYPE_NAMES = ['N', 'BS', 'L', 'B', 'NULL', 'M', 'S', 'SS', 'NS', 'BOOL']
const OPERANDS: Readonly<Record<string, number>> = {
  attribute_exists: 1,
  attribute_not_exists: 1,
  attribute_type: 2,
  begins_with: 2,
  contains: 2,
  size: 1,
  if_not_exists: 2,
  list_append: 2,
}

export class Binder {
  readonly #expression: ExpressionName
  readonly #placeholders: ExpressionPlaceholders

  constructor(expression: ExpressionName, placeholders: ExpressionPlaceholders) {
    this.#expression = expression
    this.#placeholders = placeholders
  }

  condition(condition: Condition): Condition<Constant> {
    switch (condition.kind) {
      case 'and':
      case 'or': {
        const [left, right] = condition.conditions
        return { kind: condition.kind, conditions: [this.condition(left), this.condition(right)] }
      }
      case 'not':
        return { kind: 'not', condition: this.condition(condition.condition) }
      case 'compare':
        return this.#comparison(condition)
      case 'call':
        return this.#call(condition)
    }
  }

  operand(operand: Operand): Operand<Constant> {
    switch (operand.kind) {
      case 'path':
        return { kind: 'path', steps: this.#placeholders.steps(this.#expression, operand) }
      case 'value':
        return { kind: 'constant', value: this.#placeholders.value(this.#expression, operand) }
      case 'call':
        return this.#call(operand)
    }
  }

  /** Throws unless the type is one of these, where it is known. */
  checkType(operand: Operand<Constant>, allowed: ReadonlySet<TypeName>, operator: string): void {
    const type = knownType(operand)
    if (type !== undefined && !allowed.has(type)) throw this.#mistyped(operator, type)
  }

  #comparison({ operator, operands }: Comparison): Comparison<Constant> {
    const bound = operands.map((each) => this.operand(each))
    if (operator !== '=' && operator !== '<>' && operator !== 'IN')
      for (const each of bound) this.checkType(each, ORDERED, operator)
    this.#checkDistinct(operator, bound)
    if (operator === 'BETWEEN') this.#checkBounds(bound[1], bound[2])
    return { kind: 'compare', operator, operands: bound }
  }

  #checkBounds(low: Operand<Constant> | undefined, high: Operand<Constant> | undefined): void {
    if (low?.kind !== 'constant' || high?.kind !== 'constant') return
    const facts = `lower bound operand: AttributeValue: ${shown(low.value)}, upper bound operand: AttributeValue: ${shown(high.value)}`
    if (typeOf(low.value) !== typeOf(high.value))
      throw this.#refusal(`The BETWEEN operator requires same data type for lower and upper bounds; ${facts}`)
    if ((compareValues(low.value, high.value) ?? 0) > 0)
      throw this.#refusal(
        `The BETWEEN operator requires upper bound to be greater than or equal to lower bound; ${facts}`,
      )
  }

  #call({ name, operands }: FunctionCall): FunctionCall<Constant> {
    const bound = operands.map((each) => this.operand(each))
    if (bound.length !== OPERANDS[name])
      throw this.#refusal(
        `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${bound.length}`,
      )
    const [first, second] = bound
    switch (name) {
      case 'attribute_exists':
      case 'attribute_not_exists':
      case 'if_not_exists':
        if (first?.kind !== 'path')
          throw this.#refusal(`Operator or function requires a document path; operator or function: ${name}`)
        break
      case 'attribute_type':
        this.#checkDistinct(name, bound)
        this.#checkTypeName(second)
        break
      case 'begins_with':
        this.#checkDistinct(name, bound)
        for (const each of bound) this.checkType(each, BEGUN, name)
        break
      case 'contains':
        this.#checkDistinct(name, bound)
        break
      case 'size':
        for (const each of bound) this.checkType(each, SIZED, name)
        break
      default:
        for (const each of bound) this.checkType(each, LISTS, name)
    }
    return { kind: 'call', name, operands: bound }
  }

  #checkTypeName(operand: Operand<Constant> | undefined): void {
    const type = operand === undefined ? undefined : knownType(operand)
    if (type !== 'S') throw this.#mistyped('attribute_type', type ?? `{${TYPE_NAMES.join(',')}}`)
    const wanted = operand?.kind === 'constant' && 'S' in operand.value ? operand.value.S : ''
    if (!TYPE_NAMES.includes(wanted))
      throw this.#refusal(
        `Invalid attribute type name found; type: ${wanted}, valid types: {${TYPE_NAMES.join(',')}}`,
      )
  }

  #checkDistinct(operator: string, [first, ...rest]: readonly Operand<Constant>[]): void {
    if (first?.kind !== 'path') return
    const path = shownPath(first.steps)
    if (rest.some((each) => each.kind === 'path' && shownPath(each.steps) === path))
      throw this.#refusal(
        `The first operand must be distinct from the remaining operands for this operator or function; operator: ${operator}, first operand: ${path}`,
      )
  }

  #mistyped(operator: string, type: string): Refusal {
    return this.#refusal(
      `Incorrect operand type for operator or function; operator or function: ${operator}, operand type: ${type}`,
    )
  }

  #refusal(message: string): Refusal {
    return invalid(`Invalid ${this.#expression}: ${message}`)
  }
}

const BEGUN: ReadonlySet<TypeName> = new Set(['S', 'B'])
const LISTS: ReadonlySet<TypeName> = new Set(['L'])

/** Undefined of a path and of a function whose result depends on the item. */
function knownType(operand: Operand<Constant>): TypeName | undefined {
  if (operand.kind === 'constant') return typeOf(operand.value)
  return operand.kind === 'call' && operand.name === 'size' ? 'N' : undefined
}

function shown(value: Value): string {
  const [type, member] = Object.entries(value)[0] ?? []
  return `{${type}:${String(member)}}`
}
