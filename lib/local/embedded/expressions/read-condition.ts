import { ExpressionReader } from './reader.ts'
import type { Comparator, Condition, ExpressionName, Operand } from './syntax.ts'

const COMPARATORS = ['=', '<>', '<=', '>=', '<', '>'] as const satisfies readonly Comparator[]
/** "IN: up to 100 values." */
const IN_MAX = 100

/** Parentheses hold a condition or an operand, which only the words after them tell apart. */
type OperandPart = { readonly operand: Operand; readonly enclosed: boolean }
type ConditionPart = { readonly condition: Condition; readonly enclosed: boolean }
type Part = OperandPart | ConditionPart

export function readCondition(expression: ExpressionName, text: string): Condition {
  const reader = new ExpressionReader(expression, text)
  const part = readOr(reader)
  // An operand alone lacks its comparator at the place where the reader stands now.
  if ('operand' in part) throw reader.syntaxError()
  reader.end()
  return part.condition
}

function readOr(reader: ExpressionReader): Part {
  return readJoined(reader, 'or', readAnd)
}

function readAnd(reader: ExpressionReader): Part {
  return readJoined(reader, 'and', readNot)
}

/** Parts of the next higher precedence, joined from left to right by one operator. */
function readJoined(
  reader: ExpressionReader,
  kind: 'or' | 'and',
  readPart: (reader: ExpressionReader) => Part,
): Part {
  let left = readPart(reader)
  while ('condition' in left && reader.takes(kind === 'or' ? 'OR' : 'AND')) {
    reader.countOperator()
    left = joined(kind, left, conditionIn(reader, readPart(reader)))
  }
  return left
}

function readNot(reader: ExpressionReader): Part {
  if (!reader.takes('NOT')) return readComparison(reader)
  reader.countOperator()
  return { condition: { kind: 'not', condition: conditionIn(reader, readNot(reader)) }, enclosed: false }
}

function readComparison(reader: ExpressionReader): Part {
  const part = readPart(reader)
  if ('condition' in part) return part
  const left = part.operand
  const operator = COMPARATORS.find((each) => reader.takes(each))
  if (operator !== undefined) {
    reader.countOperator()
    return plain({ kind: 'compare', operator, operands: [left, reader.operand()] })
  }
  if (reader.takes('BETWEEN')) {
    reader.countOperator()
    const low = reader.operand()
    reader.expect('AND')
    return plain({ kind: 'compare', operator: 'BETWEEN', operands: [left, low, reader.operand()] })
  }
  if (reader.takes('IN')) return plain(readIn(reader, left))
  // A call may be a condition of its own.
  if (left.kind === 'call') return { condition: left, enclosed: part.enclosed }
  return part
}

function readIn(reader: ExpressionReader, left: Operand): Condition {
  reader.countOperator()
  reader.expect('(')
  const operands = [left]
  do operands.push(reader.operand())
  while (reader.takes(','))
  reader.expect(')')
  const count = operands.length - 1
  if (count > IN_MAX)
    reader.flaw(`The IN operator is provided with too many operands; number of operands: ${count}`)
  return { kind: 'compare', operator: 'IN', operands }
}

function readPart(reader: ExpressionReader): Part {
  if (!reader.takes('(')) return { operand: reader.plainOperand(), enclosed: false }
  const inner = readOr(reader)
  if (!reader.sees(')')) throw reader.syntaxError()
  reader.take()
  if (inner.enclosed) reader.redundantParentheses()
  // A call in parentheses is compared, or is a condition: it stays an operand until the next word is known.
  if ('condition' in inner && inner.condition.kind === 'call')
    return { operand: inner.condition, enclosed: true }
  return { ...inner, enclosed: true }
}

function conditionIn(reader: ExpressionReader, part: Part): Condition {
  if ('operand' in part) throw reader.syntaxError()
  return part.condition
}

function joined(kind: 'and' | 'or', left: ConditionPart, right: Condition): Part {
  return { condition: { kind, conditions: [left.condition, right] }, enclosed: false }
}

function plain(condition: Condition): Part {
  return { condition, enclosed: false }
}
