import { given, InvalidInput } from '../model/errors.ts'
import type { ParallelOptions } from './context.ts'

/**
 * Runs tasks side by side. It is plain code over effects: outcomes reach the code one a turn, so the order in which
 * tasks begin is the same on every run.
 */
export async function all<T>(
  tasks: readonly (() => Promise<T>)[],
  options: ParallelOptions = {},
): Promise<unknown[]> {
  const { concurrency = Math.max(1, tasks.length), onFailure = 'throw' } = options
  if (!Number.isSafeInteger(concurrency) || concurrency < 1) {
    const flaws = [
      { path: 'concurrency', message: `expected a whole number from 1, got ${given(concurrency)}` },
    ]
    throw new InvalidInput({ what: 'the options of all', flaws })
  }
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

/** `all` over items. */
export function map<Item, T>(
  items: readonly Item[],
  task: (item: Item, index: number) => Promise<T>,
  options?: ParallelOptions,
): Promise<unknown[]> {
  return all(
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
