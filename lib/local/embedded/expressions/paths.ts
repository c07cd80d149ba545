import { invalid } from '../refusal.ts'
import type { Attributes, Value } from '../values.ts'
import { shownPath, type ExpressionName, type PathStep } from './syntax.ts'

export function valueAt(item: Attributes, steps: readonly PathStep[]): Value | undefined {
  let found: Value | undefined = { M: item }
  for (const step of steps) found = found && memberAt(found, step)
  return found
}

function memberAt(value: Value, step: PathStep): Value | undefined {
  if (typeof step === 'number') return 'L' in value ? value.L[step] : undefined
  return 'M' in value ? value.M[step] : undefined
}

/** Paths that meet in no attribute, as a tree: each node has names below it or indexes, or a leaf. */
export type Tree<T> = { readonly below: Map<PathStep, Tree<T>>; leaf?: T }

export function treeOf<T>(
  paths: readonly { readonly steps: readonly PathStep[]; readonly leaf: T }[],
): Tree<T> {
  const root: Tree<T> = { below: new Map() }
  for (const { steps, leaf } of paths) {
    let node = root
    for (const step of steps) {
      const next: Tree<T> = node.below.get(step) ?? { below: new Map() }
      node.below.set(step, next)
      node = next
    }
    node.leaf = leaf
  }
  return root
}

/** Throws a `Refusal` if two paths take one value for a list and a map, or if one is within the other. */
export function checkSeparate(expression: ExpressionName, paths: readonly (readonly PathStep[])[]): void {
  const pairs = paths.flatMap((one, at) => paths.slice(at + 1).map((other) => [one, other] as const))
  for (const relation of ['conflict', 'overlap'] as const)
    for (const [one, other] of pairs)
      if (relationOf(one, other) === relation)
        throw invalid(
          `Invalid ${expression}: Two document paths ${relation} with each other; must remove or rewrite one of these paths; path one: ${shownPath(one)}, path two: ${shownPath(other)}`,
        )
}

function relationOf(
  one: readonly PathStep[],
  other: readonly PathStep[],
): 'conflict' | 'overlap' | 'separate' {
  for (let at = 0; at < Math.min(one.length, other.length); at += 1) {
    if (typeof one[at] !== typeof other[at]) return 'conflict'
    if (one[at] !== other[at]) return 'separate'
  }
  return 'overlap'
}
