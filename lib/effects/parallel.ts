import { given, InvalidInput } from '../model/errors.ts'
import { expectOptions, type Options } from '../model/options.ts'
import type { ParallelOptions, Task } from './tasks.ts'

const OPTIONS: Options<ParallelOptions> = { concurrency: 'any', onFailure: ['throw', 'settle'] }

/**
 * Runs tasks side by side. It is plain code over effects: outcomes reach the code one a turn, so the order in which
 * tasks begin is the same on every run.
 */
export async function all(
  tasks: readonly Task[] | { readonly [name: string]: Task },
  options: ParallelOptions = {},
): Promise<unknown> {
  if (Array.isArray(tasks)) return inOrder(tasks as readonly Task[], options)
  const values = await inOrder(Object.values(tasks), options)
  return Object.fromEntries(Object.keys(tasks).map((name, index) => [name, values[index]]))
}

async function inOrder(tasks: readonly Task[], options: ParallelOptions): Promise<unknown[]> {
  expectOptions('the options of all', options, OPTIONS)
  const { concurrency = Math.max(1, tasks.length), onFailure = 'throw' } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    const issues = [
      { path: 'concurrency', message: `expected a whole number from 1, got ${given(concurrency)}` },
    ]
    throw new InvalidInput({ what: 'the options of all', issues })
  }
  expectTasks(tasks)
  const results: unknown[] = Array.from({ length: tasks.length })
  const state = { next: 0, failed: false }
  const lane = async (): Promise<void> => {
    while (state.next < tasks.length && !state.failed) {
      const index = state.next++
      const task = tasks[index]
      if (task === undefined) continue
      if (onFailure === 'settle') results[index] = await settled(task)
      else results[index] = await task()
    }
  }
  const lanes = Array.from({ length: Math.min(concurrency, tasks.length) }, () =>
    lane().catch((error: unknown) => {
      state.failed = true
      throw error
    }),
  )
  await Promise.all(lanes)
  return results
}

/** An effect that is begun in the list, and not by a function in it, would escape `concurrency` and `onFailure`. */
function expectTasks(tasks: readonly unknown[]): void {
  const issues = tasks.flatMap((task, index) =>
    typeof task === 'function'
      ? []
      : [{ path: String(index), message: `expected a function, () => context.step(…), got ${given(task)}` }],
  )
  if (issues.length > 0) throw new InvalidInput({ what: 'the tasks of all', issues })
}

/** `all` over items. */
export function map<Item, T>(
  items: readonly Item[],
  task: (item: Item, index: number) => Promise<T>,
  options: ParallelOptions = {},
): Promise<unknown[]> {
  return inOrder(
    items.map((item, index) => () => task(item, index)),
    options,
  )
}

async function settled<T>(task: () => Promise<T>): Promise<PromiseSettledResult<T>> {
  try {
    return { status: 'fulfilled', value: await task() }
  } catch (reason) {
    return { status: 'rejected', reason }
  }
}
