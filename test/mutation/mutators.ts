import { parseSync } from 'oxc-parser'
import type { Kind, Mutant } from './mutant.ts'

/** A node of the ESTree of a file. Its fields depend on its type, so each is read with a check. */
type Node = { readonly type: string; readonly start: number; readonly end: number } & Readonly<
  Record<string, unknown>
>
type Edit = {
  readonly kind: Kind
  readonly start: number
  readonly end: number
  readonly replacement: string
}

const COMPARISONS: Readonly<Record<string, string>> = {
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '===': '!==',
  '!==': '===',
}
const LOGICAL: Readonly<Record<string, string>> = { '&&': '||', '||': '&&' }
const ARITHMETIC: Readonly<Record<string, string>> = { '+': '-', '-': '+' }
const METHODS: ReadonlyMap<string, readonly [Kind, string]> = new Map([
  ['some', ['swap some with every', 'every']],
  ['every', ['swap some with every', 'some']],
  ['min', ['swap min with max', 'max']],
  ['max', ['swap min with max', 'min']],
])
/** Of these types alone the expression counts: the rest are types. */
const CASTS: ReadonlySet<string> = new Set(['TSAsExpression', 'TSSatisfiesExpression', 'TSNonNullExpression'])
const TESTED: ReadonlySet<string> = new Set(['IfStatement', 'ConditionalExpression', 'WhileStatement'])
const LEAVES: ReadonlySet<string> = new Set([
  'ReturnStatement',
  'ThrowStatement',
  'ContinueStatement',
  'BreakStatement',
])

/** Every mutant of a source file, in the order of the text. Throws on a file that cannot be parsed. */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const { program, errors } = parseSync(file, text)
  const [error] = errors
  if (error !== undefined) throw new Error(`${file}: ${error.message}`)
  const edits: Edit[] = []
  walk(program as unknown as Node, (node) => edits.push(...editsOf(node, text)))
  const [places, times] = [new Set<string>(), new Map<string, number>()]
  return edits
    .toSorted((a, b) => byPlace(a, b))
    .filter(({ start, end, replacement }) => {
      const place = `${start} ${end} ${replacement}`
      return !places.has(place) && places.add(place) !== undefined
    })
    .map((edit) => {
      const line = text.slice(0, edit.start).split('\n').length
      const name = `${file}: ${edit.kind}: ${shortened(text.slice(edit.start, edit.end))}`
      const nth = (times.get(name) ?? 0) + 1
      times.set(name, nth)
      return { id: nth === 1 ? name : `${name} #${nth}`, file, line, ...edit }
    })
}

function byPlace(a: Edit, b: Edit): number {
  if (a.start !== b.start) return a.start - b.start
  return a.end === b.end ? a.kind.localeCompare(b.kind) : a.end - b.end
}

const TEXT_MAX = 60

function shortened(text: string): string {
  const flat = text.replaceAll(/\s+/g, ' ')
  return flat.length > TEXT_MAX ? `${flat.slice(0, TEXT_MAX)}…` : flat
}

/** Visits nodes that run: no types, and no text of an error, which no promise depends on. */
function walk(node: Node, visit: (node: Node) => void): void {
  if (CASTS.has(node.type)) return walkInto(node['expression'], visit)
  if (node.type.startsWith('TS') || node.type === 'ThrowStatement') return
  visit(node)
  for (const value of Object.values(node)) walkInto(value, visit)
}

function walkInto(value: unknown, visit: (node: Node) => void): void {
  if (Array.isArray(value)) for (const each of value) walkInto(each, visit)
  else if (isNode(value)) walk(value, visit)
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null && 'type' in value && 'start' in value && 'end' in value
}

function editsOf(node: Node, text: string): readonly Edit[] {
  const edits: Edit[] = []
  const textOf = ({ start, end }: Node): string => text.slice(start, end)
  const replace = (kind: Kind, { start, end }: Node, replacement: string): void => {
    edits.push({ kind, start, end, replacement })
  }
  const { type } = node
  const test = child(node, 'test')
  // A comparison is negated by its own mutator, so that no mutant stands in the list twice.
  if (TESTED.has(type) && test !== undefined && !isEquality(test))
    replace('negate a condition', test, `!(${textOf(test)})`)
  if (type === 'IfStatement' && isGuard(node)) replace('drop a guard', node, '{}')
  if (type === 'BinaryExpression') editsOfBinary(node, textOf, replace)
  if (type === 'LogicalExpression') editsOfLogical(node, textOf, replace)
  if (type === 'UnaryExpression' && node['operator'] === '!') {
    const argument = child(node, 'argument')
    if (argument !== undefined) replace('drop a negation', node, textOf(argument))
  }
  if (type === 'Literal' && typeof node['value'] === 'boolean')
    replace('flip a boolean', node, String(!node['value']))
  if (type === 'ExpressionStatement') editsOfStatement(node, textOf, replace)
  if (type === 'CallExpression') editsOfCall(node, textOf, replace)
  if (type === 'ObjectExpression') editsOfObject(node, text, replace)
  return edits
}

type Text = (node: Node) => string
type Replace = (kind: Kind, node: Node, replacement: string) => void

function editsOfBinary(node: Node, textOf: Text, replace: Replace): void {
  const [left, right, operator] = [child(node, 'left'), child(node, 'right'), node['operator']]
  if (left === undefined || right === undefined || typeof operator !== 'string') return
  const shifted = COMPARISONS[operator]
  if (shifted !== undefined)
    replace('shift a comparison', node, `${textOf(left)} ${shifted} ${textOf(right)}`)
  const sign = ARITHMETIC[operator]
  if (sign !== undefined && !isText(left) && !isText(right))
    replace('swap plus with minus', node, `${textOf(left)} ${sign} ${textOf(right)}`)
}

function editsOfLogical(node: Node, textOf: Text, replace: Replace): void {
  const [left, right, operator] = [child(node, 'left'), child(node, 'right'), node['operator']]
  if (left === undefined || right === undefined || typeof operator !== 'string') return
  if (operator === '??') return replace('drop a fallback', node, `(${textOf(left)})`)
  // Mixed without brackets, the two are a syntax error or another grouping, so each side gets its own.
  const swapped = LOGICAL[operator]
  if (swapped !== undefined)
    replace('swap and with or', node, `((${textOf(left)}) ${swapped} (${textOf(right)}))`)
}

function editsOfStatement(node: Node, textOf: Text, replace: Replace): void {
  const expression = child(node, 'expression')
  if (expression === undefined || expression.type === 'Literal') return
  replace('remove a statement', node, ';')
  const argument = child(expression, 'argument')
  if (expression.type === 'AwaitExpression' && argument !== undefined)
    replace('drop an await', expression, `void ${textOf(argument)}`)
}

function editsOfCall(node: Node, textOf: Text, replace: Replace): void {
  const callee = child(node, 'callee')
  const property = callee === undefined ? undefined : child(callee, 'property')
  if (property?.type === 'Identifier' && callee?.['computed'] === false) {
    const method = METHODS.get(String(property['name']))
    if (method !== undefined) replace(method[0], property, method[1])
  }
  const given: readonly unknown[] = Array.isArray(node['arguments']) ? node['arguments'] : []
  const [first, second] = given
  if (!isNode(first) || !isNode(second) || !isValue(first) || !isValue(second)) return
  if (textOf(first) === textOf(second)) return
  const span = { ...first, end: second.end }
  replace('swap two arguments', span, `${textOf(second)}, ${textOf(first)}`)
}

function editsOfObject(node: Node, text: string, replace: Replace): void {
  const properties: readonly unknown[] = Array.isArray(node['properties']) ? node['properties'] : []
  for (const each of properties) {
    if (!isNode(each) || each.type !== 'SpreadElement') continue
    const comma = /^\s*,/.exec(text.slice(each.end))?.[0].length ?? 0
    replace('drop a spread', { ...each, end: each.end + comma }, '')
  }
}

function isGuard(node: Node): boolean {
  const consequent = child(node, 'consequent')
  if (consequent === undefined || child(node, 'alternate') !== undefined) return false
  if (consequent.type !== 'BlockStatement') return LEAVES.has(consequent.type)
  const last: unknown = Array.isArray(consequent['body']) ? consequent['body'].at(-1) : undefined
  return isNode(last) && LEAVES.has(last.type)
}

/** `===` and `!==` are each other's negation. */
function isEquality({ type, operator }: Node): boolean {
  return type === 'BinaryExpression' && (operator === '===' || operator === '!==')
}

function isText({ type, value }: Node): boolean {
  return type === 'TemplateLiteral' || (type === 'Literal' && typeof value === 'string')
}

function isValue({ type }: Node): boolean {
  return type === 'Identifier' || type === 'MemberExpression'
}

function child(node: Node, name: string): Node | undefined {
  const value = node[name]
  return isNode(value) ? value : undefined
}
