import type {
  FunctionCall,
  Comparator,
  Comparison,
  Condition,
  Constant,
  Operand,
} from './expressions/syntax.ts'
import { checkNoEmptyKey } from './keys.ts'
import { invalid, type Refusal } from './refusal.ts'
import { isOfType, type KeyAttribute, type KeySchema } from './schema.ts'
import { attributes, type Value } from './values.ts'

/** What a query asks of the keys: one partition, and a condition of the sort key or none. */
export type KeyCondition = {
  readonly partition: Value
  readonly sort: Comparison<Constant> | FunctionCall<Constant> | undefined
}
type Single = { readonly name: string; readonly condition: Comparison<Constant> | FunctionCall<Constant> }

const FLIPPED: Partial<Record<Comparator, Comparator>> = { '<': '>', '<=': '>=', '>': '<', '>=': '<=' }

export function keyConditionOf(
  condition: Condition<Constant>,
  keys: KeySchema,
  indexName: string | undefined,
): KeyCondition {
  const singles = singlesOf(condition)
  const names = singles.map(({ name }) => name)
  if (new Set(names).size < names.length)
    throw invalid('KeyConditionExpressions must only contain one condition per key')
  if (singles.length > 2) throw invalid('Conditions can be of length 1 or 2 only')
  const partition = singles.find(({ name }) => name === keys.partition.name)
  const sort = singles.find(({ name }) => name === keys.sort?.name)
  const known = [partition, sort].filter((each) => each !== undefined)
  if (partition === undefined || known.length < singles.length)
    throw invalid('Query condition missed key schema element')
  for (const each of known) checkTypes(each, each === partition ? keys.partition : keys.sort, indexName)
  const [value] = constantsOf(partition.condition)
  if (partition.condition.kind !== 'compare' || partition.condition.operator !== '=' || value === undefined)
    throw invalid('Query key condition not supported')
  return { partition: value, sort: sort?.condition }
}

function singlesOf(condition: Condition<Constant>): readonly Single[] {
  switch (condition.kind) {
    case 'and':
      return condition.conditions.flatMap(singlesOf)
    case 'or':
      throw badOperator('OR')
    case 'not':
      throw badOperator('NOT')
    case 'compare':
      if (condition.operator === '<>' || condition.operator === 'IN') throw badOperator(condition.operator)
      return [singleOf(condition)]
    case 'call':
      if (condition.name !== 'begins_with') throw badOperator(condition.name)
      return [singleOf(condition)]
  }
}

function singleOf(condition: Comparison<Constant> | FunctionCall<Constant>): Single {
  const { operands } = condition
  checkFirstOperand(condition)
  if (operands.some(({ kind }) => kind === 'call'))
    throw invalid('KeyConditionExpressions cannot contain nested operations')
  const paths = operands.filter((each) => each.kind === 'path')
  const [path] = paths
  if (path === undefined)
    throw invalid('Invalid condition in KeyConditionExpression: No key attribute specified')
  if (paths.length > 1)
    throw invalid(
      'Invalid condition in KeyConditionExpression: Multiple attribute names used in one condition',
    )
  const name = String(path.steps[0])
  checkScalar(path.steps.length, name)
  return { name, condition: pathFirst(condition, path) }
}

export function checkScalar(steps: number, key: string): void {
  if (steps > 1)
    throw invalid(
      `Key attributes must be scalars; list random access '[]' and map lookup '.' are not allowed: Key: ${key}`,
    )
}

/** A value in the key's place is named before any flaw of the other operands. */
function checkFirstOperand(condition: Comparison<Constant> | FunctionCall<Constant>): void {
  const operator = condition.kind === 'call' ? condition.name : condition.operator
  if (condition.kind === 'compare' && operator !== 'BETWEEN') return
  if (condition.operands[0]?.kind === 'constant')
    throw invalid(
      `Invalid condition in KeyConditionExpression: ${operator} operator must have the key attribute as its first operand`,
    )
}

function pathFirst(
  condition: Comparison<Constant> | FunctionCall<Constant>,
  path: Operand<Constant>,
): Comparison<Constant> | FunctionCall<Constant> {
  const [first] = condition.operands
  if (first === path || condition.kind === 'call') return condition
  const flipped = FLIPPED[condition.operator as Comparator] ?? condition.operator
  return { ...condition, operator: flipped, operands: condition.operands.toReversed() }
}

function checkTypes(
  { condition }: Single,
  key: KeyAttribute | undefined,
  indexName: string | undefined,
): void {
  for (const value of constantsOf(condition)) {
    if (key === undefined || !isOfType(value, key))
      throw invalid(
        'One or more parameter values were invalid: Condition parameter type does not match schema type',
      )
    checkNoEmptyKey([key], attributes([[key.name, value]]), indexName)
  }
}

function constantsOf({ operands }: Comparison<Constant> | FunctionCall<Constant>): readonly Value[] {
  return operands.flatMap((each) => (each.kind === 'constant' ? [each.value] : []))
}

function badOperator(operator: string): Refusal {
  return invalid(`Invalid operator used in KeyConditionExpression: ${operator}`)
}
