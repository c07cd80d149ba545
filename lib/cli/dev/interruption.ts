import { EXIT } from '../exit.ts'

/** A killed npm tells its script nothing. */
const LOOK_FOR_NPM_EVERY_MS = 500

/** By a signal, of which a second one waits for nothing, or by the end of the npm that started this. */
export function untilInterrupted(): Promise<'interrupted'> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => {
        resolve('interrupted')
        process.once(signal, () => process.exit(EXIT.interrupted))
      })
    }
    if (process.env['npm_lifecycle_event'] === undefined) return
    const npm = process.ppid
    const watch = () => {
      if (process.ppid !== npm) resolve('interrupted')
    }
    setInterval(watch, LOOK_FOR_NPM_EVERY_MS).unref()
  })
}
