import type { Clock } from '../model/clock.ts'

/** Settles after `ms`, or as soon as one of the signals fires. One that has fired before is not waited for. */
export function pause(
  clock: Clock,
  ms: number,
  signals: readonly (AbortSignal | undefined)[] = [],
): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  const cancel = clock.after(ms, resolve)
  const over = (): void => resolve()
  const waited = signals.filter((signal) => signal !== undefined).filter(({ aborted }) => !aborted)
  for (const signal of waited) signal.addEventListener('abort', over, { once: true })
  return promise.finally(() => {
    cancel()
    for (const signal of waited) signal.removeEventListener('abort', over)
  })
}
