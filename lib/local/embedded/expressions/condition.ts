import { Binder } from './bind.ts'
import type { Placeholders } from './placeholders.ts'
import { readCondition } from './read-condition.ts'
import type { Condition, Constant, ExpressionName, Operand } from './syntax.ts'
import { checkConditionWords } from './words.ts'

/** A condition, filter or key condition, ready for any item. */
export function bindCondition(
  expression: ExpressionName,
  text: string,
  placeholders: Placeholders,
): Condition<Constant> {
  const condition = readCondition(expression, text)
  checkConditionWords(expression, condition)
  return new Binder(expression, placeholders).condition(condition)
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
