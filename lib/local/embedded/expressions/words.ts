import { invalid, type Refusal } from '../refusal.ts'
import { RESERVED_WORDS } from './reserved-words.ts'
import type { FunctionCall, Condition, ExpressionName, Operand, Path, Update } from './syntax.ts'

// The words of an expression that was read are checked before any placeholder is looked up: functions, where they may
// stand, and attribute names that are reserved. The first that is wrong, from left to right, is the one that is named.

const OF_CONDITIONS: ReadonlySet<string> = new Set([
  'attribute_exists',
  'attribute_not_exists',
  'attribute_type',
  'begins_with',
  'contains',
  'size',
])
const OF_UPDATES: ReadonlySet<string> = new Set(['if_not_exists', 'list_append'])

export function checkConditionWords(expression: ExpressionName, condition: Condition): void {
  switch (condition.kind) {
    case 'and':
    case 'or':
      for (const each of condition.conditions) checkConditionWords(expression, each)
      return
    case 'not':
      checkConditionWords(expression, condition.condition)
      return
    case 'compare':
      for (const operand of condition.operands) checkConditionOperand(expression, operand)
      return
    case 'call':
      checkConditionCall(expression, condition)
      if (condition.name === 'size') throw misused(expression, condition)
      for (const operand of condition.operands) checkConditionOperand(expression, operand)
  }
}

export function checkUpdateWords({ actions }: Update): void {
  for (const { path, assigned } of actions) {
    checkReserved('UpdateExpression', path)
    if (assigned === undefined) continue
    if (assigned.kind === 'arithmetic')
      for (const operand of assigned.operands) checkUpdateOperand(operand, true)
    else checkUpdateOperand(assigned, false)
  }
}

export function checkReserved(expression: ExpressionName, { steps }: Path): void {
  for (const step of steps)
    if (typeof step === 'string' && RESERVED_WORDS.has(step.toUpperCase()))
      throw invalid(`Invalid ${expression}: Attribute name is a reserved keyword; reserved keyword: ${step}`)
}

function checkConditionOperand(expression: ExpressionName, operand: Operand): void {
  if (operand.kind === 'path') checkReserved(expression, operand)
  if (operand.kind !== 'call') return
  checkConditionCall(expression, operand)
  if (operand.name !== 'size') throw misused(expression, operand)
  for (const each of operand.operands) checkConditionOperand(expression, each)
}

function checkConditionCall(expression: ExpressionName, { name }: FunctionCall): void {
  if (OF_CONDITIONS.has(name)) return
  throw invalid(
    OF_UPDATES.has(name)
      ? `Invalid ${expression}: The function is not allowed in a condition expression; function: ${name}`
      : `Invalid ${expression}: Invalid function name; function: ${name}`,
  )
}

function checkUpdateOperand(operand: Operand, nested: boolean): void {
  if (operand.kind === 'path') checkReserved('UpdateExpression', operand)
  if (operand.kind !== 'call') return
  const { name } = operand
  if (!OF_UPDATES.has(name))
    throw invalid(
      OF_CONDITIONS.has(name)
        ? `Invalid UpdateExpression: The function is not allowed in an update expression; function: ${name}`
        : `Invalid UpdateExpression: Invalid function name; function: ${name}`,
    )
  if (nested && name === 'list_append') throw misused('UpdateExpression', operand)
  for (const each of operand.operands) checkUpdateOperand(each, true)
}

function misused(expression: ExpressionName, { name }: FunctionCall): Refusal {
  return invalid(
    `Invalid ${expression}: The function is not allowed to be used this way in an expression; function: ${name}`,
  )
}
