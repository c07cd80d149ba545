/** A bug to plant: in these files of the library, these texts, each of which stands there once, become others. */
export type Planted = {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Where a test looks for it: a seed shortly before one that finds it. Absent: from the first on. */
  readonly from?: number
  /** No world of 3,000 shows it: a hole, named in docs/correctness.md. */
  readonly isHole?: true
}
export type Edit = { readonly file: string; readonly find: string; readonly replace: string }
