import { given, InvalidInput, type Flaw } from '../model/errors.ts'
import { optionFlaws, type Options } from '../model/options.ts'
import type { ParallelOptions } from './context.ts'

const OPTIONS: Options<ParallelOptions> = { concurrency: 'any', onFailure: ['throw', 'settle'] }

/**
 * Runs tasks side by side. It is plain code over effects: outcomes reach the code one a turn, so the order in which
 * tasks begin is the same on every run.
 */
export async function all<T>(
  tasks: readonly (() => Promise<T>)[],
  options: ParallelOptions = {},
): Promise<unknown[]> {
  const flaws = flawsOf(tasks, options)
  if (flaws.length > 0) throw new InvalidInput({ what: 'the options of all', flaws })
  const { concurrency = Math.max(1, tasks.length), onFailure = 'throw' } = options
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

function flawsOf(tasks: readonly unknown[], options: ParallelOptions): Flaw[] {
  const flaws = optionFlaws(options, OPTIONS)
  // A promise is of a task that runs already, beside all others whatever `concurrency` says.
  const odd = Array.isArray(tasks) ? tasks.findIndex((task) => typeof task !== 'function') : -1
  if (!Array.isArray(tasks)) flaws.push({ path: 'tasks', message: `expected a list, got ${given(tasks)}` })
  if (odd >= 0)
    flaws.push({
      path: `tasks.${odd}`,
      message: `expected a function that begins the task: () => context.step(…), got ${given(tasks[odd])}`,
    })
  if (flaws.length > 0) return flaws
  const { concurrency = 1 } = options
  return Number.isSafeInteger(concurrency) && concurrency >= 1
    ? []
    : [{ path: 'concurrency', message: `expected a whole number from 1, got ${given(concurrency)}` }]
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
