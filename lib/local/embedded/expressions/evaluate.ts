import { compareValues, equal, typeOf, type Attributes, type Value } from '../values.ts'
import { valueAt } from './paths.ts'
import type { FunctionCall, Comparison, Condition, Constant, Operand } from './syntax.ts'

/** Whether a condition holds of an item; of no item is as of one without attributes. */
export function holds(condition: Condition<Constant>, item: Attributes): boolean {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.every((each) => holds(each, item))
    case 'or':
      return condition.conditions.some((each) => holds(each, item))
    case 'not':
      return !holds(condition.condition, item)
    case 'compare':
      return compares(condition, item)
    case 'call':
      return calls(condition, item)
  }
}

function compares({ operator, operands }: Comparison<Constant>, item: Attributes): boolean {
  const [first, ...rest] = operands.map((each) => valueOf(each, item))
  const [second, third] = rest
  if (operator === '<>') return first === undefined || second === undefined || !equal(first, second)
  if (first === undefined) return false
  if (operator === 'IN') return rest.some((each) => each !== undefined && equal(first, each))
  if (second === undefined) return false
  if (operator === '=') return equal(first, second)
  const order = compareValues(first, second)
  if (order === undefined) return false
  switch (operator) {
    case '<':
      return order < 0
    case '<=':
      return order <= 0
    case '>':
      return order > 0
    case '>=':
      return order >= 0
    case 'BETWEEN':
      return order >= 0 && third !== undefined && (compareValues(first, third) ?? 1) <= 0
  }
}

function calls({ name, operands }: FunctionCall<Constant>, item: Attributes): boolean {
  const [first, second] = operands.map((each) => valueOf(each, item))
  if (name === 'attribute_not_exists') return first === undefined
  if (first === undefined) return false
  if (name === 'attribute_exists') return true
  if (second === undefined) return false
  if (name === 'attribute_type') return 'S' in second && typeOf(first) === second.S
  return name === 'begins_with' ? begins(first, second) : contains(first, second)
}

function valueOf(operand: Operand<Constant>, item: Attributes): Value | undefined {
  switch (operand.kind) {
    case 'constant':
      return operand.value
    case 'path':
      return valueAt(item, operand.steps)
    case 'call': {
      const [only] = operand.operands
      const value = only === undefined ? undefined : valueOf(only, item)
      const size = value === undefined ? undefined : sizeOf(value)
      return size === undefined ? undefined : { N: String(size) }
    }
  }
}

function begins(value: Value, start: Value): boolean {
  if ('S' in value && 'S' in start) return value.S.startsWith(start.S)
  if (!('B' in value && 'B' in start)) return false
  const [all, begin] = [Buffer.from(value.B, 'base64'), Buffer.from(start.B, 'base64')]
  return all.subarray(0, begin.length).equals(begin)
}

function contains(value: Value, part: Value): boolean {
  if ('L' in value) return value.L.some((each) => equal(each, part))
  if ('S' in part) return 'S' in value ? value.S.includes(part.S) : 'SS' in value && value.SS.includes(part.S)
  if ('N' in part) return 'NS' in value && value.NS.includes(part.N)
  if (!('B' in part)) return false
  if ('B' in value) return Buffer.from(value.B, 'base64').includes(Buffer.from(part.B, 'base64'))
  return 'BS' in value && value.BS.includes(part.B)
}

/** Bytes of a text or binary, elements of a collection; numbers, booleans and null have none. */
function sizeOf(value: Value): number | undefined {
  if ('S' in value) return Buffer.byteLength(value.S)
  if ('B' in value) return Buffer.byteLength(value.B, 'base64')
  if ('L' in value) return value.L.length
  if ('M' in value) return Object.keys(value.M).length
  if ('SS' in value) return value.SS.length
  if ('NS' in value) return value.NS.length
  if ('BS' in value) return value.BS.length
  return undefined
}
