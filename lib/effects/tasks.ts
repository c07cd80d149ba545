/** A branch of `all`. */
export type Task = () => Promise<unknown>
// The empty tuple lets the compiler see a tuple in a list that is written in the call.
export type ParallelTasks = readonly Task[] | [] | { readonly [name: string]: Task }
export type Results<Tasks extends ParallelTasks> = {
  -readonly [Key in keyof Tasks]: Tasks[Key] extends () => Promise<infer Value> ? Value : never
}
export type SettledResults<Tasks extends ParallelTasks> = {
  -readonly [Key in keyof Tasks]: Tasks[Key] extends () => Promise<infer Value>
    ? PromiseSettledResult<Value>
    : never
}

export type ParallelOptions = {
  /** Tasks at a time. Default: all at once. */
  readonly concurrency?: number
  readonly onFailure?: 'throw' | 'settle'
}
