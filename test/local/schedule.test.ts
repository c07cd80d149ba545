import { join } from 'node:path'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { afterEach, expect, test, vi } from 'vitest'
import { LocalFunction } from '../../lib/local/function.ts'
import { startSchedule } from '../../lib/local/schedule.ts'
import { LocalEvents } from '../helpers/local-events.ts'

const stops: (() => Promise<void>)[] = []
afterEach(async () => void (await Promise.all(stops.splice(0).map((stop) => stop()))))

function scheduled(options: { everyMs: number; passMs: number }): LocalEvents {
  const events = new LocalEvents()
  const sweep = new LocalFunction({
    label: 'sweep',
    functionName: 'test-sweep',
    entry: join(import.meta.dirname, 'fixtures/sweep.ts'),
    timeoutMs: 20_000,
    memoryMb: 512,
    region: 'us-east-1',
    env: { FIXTURE_PASS_MS: String(options.passMs) },
    maxEnvironments: 5,
    onEvent: events.on,
  })
  const schedule = startSchedule({
    everyMs: options.everyMs,
    region: 'us-east-1',
    invoke: (event) => sweep.invoke(event),
  })
  stops.push(
    () => schedule.stop(),
    () => sweep.stop(),
  )
  return events
}

/** The platform warns once a process of a delay under zero, so this stands before whatever else could have it warn. */
test('a clock that moves on while an overdue pass is planned makes no delay under zero', async () => {
  const warnings: string[] = []
  const note = (warning: Error): void => void warnings.push(warning.name)
  process.on('warning', note)
  let now = 1_000
  const clock = vi.spyOn(Date, 'now').mockImplementation(() => (now += 1))
  const passes = Promise.withResolvers<void>()
  let begun = 0
  const schedule = startSchedule({
    everyMs: 0,
    region: 'us-east-1',
    invoke() {
      begun += 1
      if (begun === 3) passes.resolve()
      return Promise.resolve()
    },
  })
  await passes.promise
  await schedule.stop()
  clock.mockRestore()
  await nextTurn()
  process.off('warning', note)
  expect(warnings).toEqual([])
})

test('it invokes at once and again and again, in one environment', async () => {
  const events = scheduled({ everyMs: 100, passMs: 0 })
  await events.until((all) => all.of('invoked').length >= 4)
  expect(events.of('invoked').map(({ outcome }) => outcome)).not.toContain('failed')
  expect(events.of('environment-started')).toHaveLength(1)
})

test('a pass that lasts longer than the interval is never overtaken by the next', async () => {
  const events = scheduled({ everyMs: 20, passMs: 150 })
  await events.until((all) => all.of('invoked').length >= 3)
  expect(
    events
      .told()
      .slice(0, 6)
      .map((told) => Object.keys(told)[0]),
  ).toEqual(['began', 'ended', 'began', 'ended', 'began', 'ended'])
})

test('stopping waits for the pass in progress and begins no other', async () => {
  const begun: number[] = []
  const pass = Promise.withResolvers<void>()
  const schedule = startSchedule({
    everyMs: 1,
    region: 'us-east-1',
    invoke() {
      begun.push(begun.length)
      return pass.promise
    },
  })
  const stopped = schedule.stop()
  pass.resolve()
  await stopped
  expect(begun).toHaveLength(1)
})
