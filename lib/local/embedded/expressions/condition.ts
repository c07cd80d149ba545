import { byText } from '../by-text.ts'
import { Binder } from './bind.ts'
import type { ExpressionPlaceholders } from './placeholders.ts'
import { readCondition } from './read-condition.ts'
import type { Condition, Constant, ExpressionName, Operand } from './syntax.ts'
import { checkConditionWords } from './words.ts'

/** Of conditions of one kind. */
const TEXTS_MAX = 500

const reads = new Map<ExpressionName, (text: string) => Condition>()

/** A condition, filter or key condition, ready for any item. */
export function bindCondition(
  expression: ExpressionName,
  text: string,
  placeholders: ExpressionPlaceholders,
): Condition<Constant> {
  return new Binder(expression, placeholders).condition(readerOf(expression)(text))
}

/** Syntax and words, which no placeholder changes. */
function readerOf(expression: ExpressionName): (text: string) => Condition {
  const known = reads.get(expression)
  if (known !== undefined) return known
  const read = byText((text) => {
    const condition = readCondition(expression, text)
    checkConditionWords(expression, condition)
    return condition
  }, TEXTS_MAX)
  reads.set(expression, read)
  return read
}

/** Every operand of a condition, those of functions too, from left to right. */
export function operandsOf(condition: Condition<Constant>): readonly Operand<Constant>[] {
  switch (condition.kind) {
    case 'and':
    case 'or':
      return condition.conditions.flatMap(operandsOf)
    case 'not':
      return operandsOf(condition.condition)
    case 'compare':
    case 'call':
      return condition.operands.flatMap(withNested)
  }
}

function withNested(operand: Operand<Constant>): readonly Operand<Constant>[] {
  return operand.kind === 'call' ? operand.operands.flatMap(withNested) : [operand]
}
