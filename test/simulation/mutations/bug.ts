/** A bug to plant: in these files of the library, these texts, each of which stands there once, become others. */
export type Planted = {
  readonly name: string
  readonly edits: readonly Edit[]
  /** Where a test looks for it: a seed shortly before one that finds it. Absent: from the first on. */
  readonly from?: number
}
export type Edit = { readonly file: string; readonly find: string; readonly replace: string }
