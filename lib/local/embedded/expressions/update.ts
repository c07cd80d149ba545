import { byText } from '../by-text.ts'
import { invalid, type Refusal } from '../refusal.ts'
import {
  attributes,
  copyOf,
  difference,
  sortedSet,
  sum,
  typeOf,
  type Attributes,
  type TypeName,
  type Value,
} from '../values.ts'
import { Binder } from './bind.ts'
import { checkSeparate, treeOf, valueAt, type Tree } from './paths.ts'
import type { ExpressionPlaceholders } from './placeholders.ts'
import { readUpdate } from './read-update.ts'
import type { Action, Assigned, Constant, Operand, PathStep } from './syntax.ts'
import { checkUpdateWords } from './words.ts'

export type BoundUpdate = readonly Action<Constant>[]

/** Of updates. */
const TEXTS_MAX = 500
const NUMBERS: ReadonlySet<TypeName> = new Set(['N'])
const LONG_NAMES: Readonly<Record<TypeName, string>> = {
  S: 'STRING',
  N: 'NUMBER',
  B: 'BINARY',
  BOOL: 'BOOLEAN',
  NULL: 'NULL',
  L: 'LIST',
  M: 'MAP',
  SS: 'STRING_SET',
  NS: 'NUMBER_SET',
  BS: 'BINARY_SET',
}

/** Syntax and words, which no placeholder changes. */
const checkedUpdate = byText((text) => {
  const update = readUpdate(text)
  checkUpdateWords(update)
  const twice = update.sections.find((each, at) => update.sections.indexOf(each) < at)
  if (twice !== undefined)
    throw invalid(
      `Invalid UpdateExpression: The "${twice}" section can only be used once in an update expression;`,
    )
  return update
}, TEXTS_MAX)

/** The actions of an update expression, ready for any item. */
export function bindUpdate(text: string, placeholders: ExpressionPlaceholders): BoundUpdate {
  const update = checkedUpdate(text)
  // DynamoDB looks up placeholders from the last action to the first: of two mistakes it names the later one.
  const paths = update.actions.toReversed().map(({ path }) => placeholders.steps('UpdateExpression', path))
  paths.reverse()
  checkSeparate('UpdateExpression', paths)
  const binder = new Binder('UpdateExpression', placeholders)
  const bound = update.actions.map((action, at) => ({ action, steps: paths[at] ?? [] })).toReversed()
  return bound.map(({ action, steps }) => bindAction(binder, action, steps)).toReversed()
}

function bindAction(binder: Binder, action: Action, steps: readonly PathStep[]): Action<Constant> {
  const { section, assigned } = action
  const path = { kind: 'path', steps } as const
  if (assigned === undefined) return { section, path }
  if (assigned.kind === 'arithmetic') {
    const { operator } = assigned
    const [left, right] = assigned.operands
    const operands = [binder.operand(left), binder.operand(right)] as const
    for (const each of operands) binder.checkType(each, NUMBERS, operator)
    return { section, path, assigned: { kind: 'arithmetic', operator, operands } }
  }
  const operand = binder.operand(assigned)
  if (section !== 'SET' && operand.kind === 'constant') checkOperand(section, operand.value)
  return { section, path, assigned: operand }
}

function checkOperand(section: 'ADD' | 'DELETE' | 'REMOVE', value: Value): void {
  const type = typeOf(value)
  const isSet = type === 'SS' || type === 'NS' || type === 'BS'
  if (isSet || (section === 'ADD' && type === 'N')) return
  throw invalid(
    `Invalid UpdateExpression: Incorrect operand type for operator or function; operator: ${section}, operand type: ${LONG_NAMES[type]}, typeSet: ALLOWED_FOR_${section}_OPERAND`,
  )
}

/** The item after the update. Every operand is read from the item as it was before. */
export function updated(update: BoundUpdate, before: Attributes): Attributes {
  if (update.length === 0) return before
  const changes = update.map(({ section, path, assigned }) => {
    checkLeadsSomewhere(path.steps, before)
    const value = assigned === undefined ? undefined : evaluated(assigned, before)
    return { steps: path.steps, leaf: { section, value } }
  })
  const after = changed(treeOf(changes), { M: before })
  return after !== undefined && 'M' in after ? after.M : attributes()
}

/** All but the last step of a path must be there, and be of the kind that the next one needs. */
function checkLeadsSomewhere(steps: readonly PathStep[], item: Attributes): void {
  const [last] = steps.slice(-1)
  const parent = valueAt(item, steps.slice(0, -1))
  if (parent === undefined || !(typeof last === 'number' ? 'L' in parent : 'M' in parent))
    throw invalid('The document path provided in the update expression is invalid for update')
}

type UpdateChange = { readonly section: Action['section']; readonly value: Value | undefined }

function changed(node: Tree<UpdateChange>, value: Value | undefined): Value | undefined {
  const { leaf } = node
  if (leaf !== undefined) return changedAt(leaf, value)
  if (value === undefined) return undefined
  if ('M' in value) return changedMap(node, value.M)
  return 'L' in value ? changedList(node, value.L) : value
}

function changedMap(node: Tree<UpdateChange>, before: Attributes): Value {
  const after = copyOf(before)
  for (const [step, below] of node.below) {
    const value = changed(below, before[step])
    if (value === undefined) delete after[step]
    else after[step] = value
  }
  return { M: after }
}

/** An index is that of the list before. One past its end appends, in the order of the indexes. */
function changedList(node: Tree<UpdateChange>, before: readonly Value[]): Value {
  const after: (Value | undefined)[] = [...before]
  const inOrder = [...node.below].toSorted(([a], [b]) => Number(a) - Number(b))
  for (const [step, below] of inOrder) {
    const index = Math.min(Number(step), after.length)
    after[index] = changed(below, before[Number(step)])
  }
  return { L: after.filter((each) => each !== undefined) }
}

function changedAt({ section, value }: UpdateChange, before: Value | undefined): Value | undefined {
  if (section === 'SET') return value
  if (section === 'REMOVE' || value === undefined) return undefined
  if (section === 'DELETE') return before === undefined ? undefined : without(before, value)
  return before === undefined ? value : added(before, value)
}

function added(before: Value, value: Value): Value {
  if ('N' in before && 'N' in value) return { N: sum(before.N, value.N) }
  if ('SS' in before && 'SS' in value) return union('SS', before.SS, value.SS)
  if ('NS' in before && 'NS' in value) return union('NS', before.NS, value.NS)
  if ('BS' in before && 'BS' in value) return union('BS', before.BS, value.BS)
  throw mistyped()
}

function without(before: Value, value: Value): Value | undefined {
  if ('SS' in before && 'SS' in value) return rest('SS', before.SS, value.SS)
  if ('NS' in before && 'NS' in value) return rest('NS', before.NS, value.NS)
  if ('BS' in before && 'BS' in value) return rest('BS', before.BS, value.BS)
  throw mistyped()
}

function union(type: 'SS' | 'NS' | 'BS', a: readonly string[], b: readonly string[]): Value {
  return sortedSet(type, new Set([...a, ...b]))
}

function rest(type: 'SS' | 'NS' | 'BS', all: readonly string[], gone: readonly string[]): Value | undefined {
  const left = all.filter((each) => !gone.includes(each))
  return left.length === 0 ? undefined : sortedSet(type, left)
}

function evaluated(assigned: Assigned<Constant>, item: Attributes): Value {
  if (assigned.kind !== 'arithmetic') return operandValue(assigned, item)
  const [left, right] = assigned.operands.map((each) => operandValue(each, item))
  if (left === undefined || right === undefined || !('N' in left) || !('N' in right)) throw mistyped()
  return { N: assigned.operator === '+' ? sum(left.N, right.N) : difference(left.N, right.N) }
}

function operandValue(operand: Operand<Constant>, item: Attributes): Value {
  if (operand.kind === 'constant') return operand.value
  if (operand.kind === 'path') {
    const value = valueAt(item, operand.steps)
    if (value === undefined)
      throw invalid('The provided expression refers to an attribute that does not exist in the item')
    return value
  }
  const [first, second] = operand.operands
  if (first === undefined || second === undefined) throw mistyped()
  if (operand.name === 'if_not_exists' && first.kind === 'path')
    return valueAt(item, first.steps) ?? operandValue(second, item)
  const [head, tail] = [operandValue(first, item), operandValue(second, item)]
  if (!('L' in head) || !('L' in tail)) throw mistyped()
  return { L: [...head.L, ...tail.L] }
}

function mistyped(): Refusal {
  return invalid('An operand in the update expression has an incorrect data type')
}
