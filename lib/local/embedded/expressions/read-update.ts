import { ExpressionReader } from './reader.ts'
import type { Action, Assigned, Operand, Path, Section, Update } from './syntax.ts'

const SECTIONS = ['SET', 'REMOVE', 'ADD', 'DELETE'] as const

export function readUpdate(text: string): Update {
  const reader = new ExpressionReader('UpdateExpression', text)
  const actions: Action[] = []
  const sections: Section[] = []
  do {
    const section = SECTIONS.find((each) => reader.takes(each))
    if (section === undefined) throw reader.syntaxError()
    sections.push(section)
    do actions.push(readAction(reader, section))
    while (reader.takes(','))
  } while (reader.token.kind !== 'end')
  reader.end()
  return { actions, sections }
}

/** A projection: the paths that are wanted. */
export function readPaths(text: string): readonly Path[] {
  const reader = new ExpressionReader('ProjectionExpression', text)
  const paths: Path[] = []
  do paths.push(reader.path())
  while (reader.takes(','))
  reader.end()
  return paths
}

function readAction(reader: ExpressionReader, section: Section): Action {
  const path = reader.path()
  switch (section) {
    case 'SET':
      reader.expect('=')
      reader.countOperator()
      return { section, path, assigned: readAssigned(reader) }
    case 'REMOVE':
      return { section, path }
    case 'ADD':
    case 'DELETE':
      return { section, path, assigned: reader.valueName() }
  }
}

function readAssigned(reader: ExpressionReader): Assigned {
  if (!reader.takes('(')) return readSum(reader, reader.plainOperand())
  const doubled = reader.sees('(')
  const inner = readSum(reader, reader.operand())
  reader.expect(')')
  if (inner.kind === 'arithmetic') return inner
  if (doubled) reader.redundantParentheses()
  return readSum(reader, inner)
}

function readSum(reader: ExpressionReader, left: Operand): Assigned {
  const operator = (['+', '-'] as const).find((each) => reader.takes(each))
  if (operator === undefined) return left
  reader.countOperator()
  return { kind: 'arithmetic', operator, operands: [left, reader.operand()] }
}
