import type { RuleName } from './rules.ts'

/**
 * One mistake in a template: the value at `path` of a resource becomes `to`, or goes when `to` is absent. `find` picks the
 * resource by a part of its logical id, among those of `type`. `'schema'` is the validation that comes with CDK.
 */
export type Mutant = {
  readonly name: string
  readonly type: string
  readonly find: string
  readonly path: string
  readonly to?: unknown
  readonly by: RuleName | 'schema'
}
