import { expect, test } from 'vitest'
import type { Item } from '../../lib/registry/store/store.ts'
import type { KillOrPause } from './kills.ts'
import { quantile, recoveriesOf, undisturbed, type Recovery } from './recovery.ts'
import type { Write } from './recorder.ts'
import type { WorkerLog } from './worker-logs.ts'
import { Watch } from './watch.ts'

const LOGS: WorkerLog[] = [
  { kind: 'started', by: 'worker-a', pid: 11 },
  { kind: 'started', by: 'worker-b', pid: 12 },
]
const running = (fence: number, owner: string, claimedAt: number): Item => ({
  s: 'running',
  f: fence,
  gr: { o: owner, c: claimedAt, u: claimedAt + 3_000 },
})
const write = (sk: string, before: Item | undefined, after: Item): Write => ({
  at: 1,
  kind: 'write',
  pk: 'P#c-1',
  sk,
  before,
  after,
})
const FIRST = running(1, 'worker-a', 1_000)
const CLAIM = write('PROCESS', undefined, FIRST)
const TAKEOVER = write('PROCESS', FIRST, running(2, 'worker-b', 5_000))
const seen = (
  kill: KillOrPause,
  more: { losses?: { process: string; fence: number; because: string }[] } = {},
) => recoveriesOf({ writes: [CLAIM, TAKEOVER], logs: LOGS, kills: [kill], ...more })

const RECOVERY: Recovery = {
  process: 'c-1',
  fence: 1,
  killedAt: 2_000,
  expiredAt: 4_000,
  dueAt: 4_000,
  claimedAt: 5_000,
  claimedBy: 'worker-b',
}

test('recovery is counted from the kill of an owner to the next claim', () => {
  const kill = { kind: 'kill', pid: 11, at: 2_000 } as const
  expect(seen(kill)).toEqual({ recoveries: [RECOVERY], overtakings: [] })
  expect(seen({ ...kill, pid: 12 })).toEqual({ recoveries: [], overtakings: [] })
  expect(seen({ ...kill, at: 5_500 }).recoveries).toEqual([])
})

test('a lease that was renewed ends when its item says', () => {
  const renewed = write('LEASE', undefined, { f: 1, e: 4_900 })
  const kills = [{ kind: 'kill', pid: 11, at: 2_000 } as const]
  const { recoveries } = recoveriesOf({ writes: [CLAIM, renewed, TAKEOVER], logs: LOGS, kills })
  expect(recoveries.map(({ expiredAt }) => expiredAt)).toEqual([4_900])
})

test('a process whose claims failed rests until it is due', () => {
  const stalled = { ...FIRST, da: 4_800 }
  const kills = [{ kind: 'kill', pid: 11, at: 2_000 } as const]
  const writes = [CLAIM, write('PROCESS', stalled, running(2, 'worker-b', 5_000))]
  expect(recoveriesOf({ writes, logs: LOGS, kills }).recoveries.map(({ dueAt }) => dueAt)).toEqual([4_800])
})

test('an owner is overtaken that sleeps while another claims, and wakes up after that', () => {
  const asleep = { kind: 'pause', pid: 11, at: 2_000, until: 6_000, woken: true } as const
  const losses = [{ process: 'c-1', fence: 1, because: 'fence 2 has been claimed since' }]
  expect(seen(asleep)).toEqual({
    recoveries: [],
    overtakings: [{ process: 'c-1', fence: 1, loss: undefined }],
  })
  expect(seen(asleep, { losses }).overtakings[0]?.loss).toBe('fence 2 has been claimed since')
  expect(seen({ ...asleep, until: 4_500 }).overtakings).toEqual([])
  expect(seen({ ...asleep, woken: false }).overtakings).toEqual([])
  expect(seen({ ...asleep, pid: 12 }).overtakings).toEqual([])
})

test('what is known of overtaken owners while chaos continues is what the report counts', () => {
  const watch = new Watch(() => LOGS)
  const writes = [CLAIM, TAKEOVER, write('PROCESS', TAKEOVER.after, running(3, 'worker-a', 9_000))]
  for (const each of writes) watch.wrote(each)
  for (const until of [4_500, 6_000, 9_500]) {
    const kills = [11, 12].map((pid) => ({ kind: 'pause', pid, at: 2_000, until, woken: true }) as const)
    const { overtakings } = recoveriesOf({ writes, logs: LOGS, kills })
    expect(watch.overtaken(kills)).toBe(overtakings.length)
  }
  expect(watch.overtaken([{ kind: 'pause', pid: 12, at: 2_000, until: 9_500, woken: true }])).toBe(1)
})

test('undisturbed() leaves out recoveries during an outage and of processes that backed off', () => {
  expect(undisturbed([{ ...RECOVERY, dueAt: 4_800 }], [])).toEqual([])
  expect(undisturbed([RECOVERY], [{ at: 4_500, until: 9_000 }])).toEqual([])
  expect(undisturbed([RECOVERY], [{ at: 1_000, until: 1_900 }])).toEqual([RECOVERY])
})

test('a quantile is a value that was measured', () => {
  expect([0.5, 0.99, 1].map((share) => quantile([3, 1, 4, 2], share))).toEqual([2, 4, 4])
  expect(quantile([], 0.5)).toBeUndefined()
})
