import { attributes, type Attributes, type Value } from '../values.ts'
import { checkSeparate, treeOf, type Tree } from './paths.ts'
import type { ExpressionPlaceholders } from './placeholders.ts'
import { readPaths } from './read-update.ts'
import type { PathStep } from './syntax.ts'
import { checkReserved } from './words.ts'

export type ProjectionPaths = { readonly paths: readonly (readonly PathStep[])[]; readonly tree: Tree<true> }

export function bindProjection(text: string, placeholders: ExpressionPlaceholders): ProjectionPaths {
  const read = readPaths(text)
  for (const path of read) checkReserved('ProjectionExpression', path)
  const paths = read.map((path) => placeholders.steps('ProjectionExpression', path))
  checkSeparate('ProjectionExpression', paths)
  return { paths, tree: treeOf(paths.map((steps) => ({ steps, leaf: true as const }))) }
}

/** The wanted parts of an item. Elements of a list move together. */
export function projected({ tree }: ProjectionPaths, item: Attributes): Attributes {
  const value = part(tree, { M: item })
  return value !== undefined && 'M' in value ? value.M : attributes()
}

function part(node: Tree<true>, value: Value | undefined): Value | undefined {
  if (value === undefined || node.leaf !== undefined) return value
  if ('M' in value) {
    const made = attributes()
    for (const [step, below] of node.below) {
      const found = typeof step === 'string' ? part(below, value.M[step]) : undefined
      if (found !== undefined) made[String(step)] = found
    }
    return Object.keys(made).length === 0 ? undefined : { M: made }
  }
  if (!('L' in value)) return undefined
  const inOrder = [...node.below].toSorted(([a], [b]) => Number(a) - Number(b))
  const found = inOrder.flatMap(([step, below]) => {
    const each = typeof step === 'number' ? part(below, value.L[step]) : undefined
    return each === undefined ? [] : [each]
  })
  return found.length === 0 ? undefined : { L: found }
}
