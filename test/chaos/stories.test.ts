import { expect, test } from 'vitest'
import type { Recovery } from './recovery.ts'
import { meanOf, retold, storiesOf } from './stories.ts'
import type { WorkerLog } from './worker-logs.ts'

const RECOVERY: Recovery = {
  process: 'c-1',
  fence: 1,
  killedAt: 2_000,
  expiredAt: 4_000,
  dueAt: 4_000,
  claimedAt: 9_000,
  claimedBy: 'worker-c',
}
const STARTED: WorkerLog[] = [
  { kind: 'started', by: 'worker-b', pid: 12 },
  { kind: 'started', by: 'worker-c', pid: 13 },
]
const received = (by: string, at: number, sentAt: number, receives = 1): WorkerLog => ({
  kind: 'received',
  by,
  at,
  messages: [
    { process: 'c-2', sentAt, receives: 1 },
    { process: 'c-1', sentAt, receives },
  ],
})
const ANSWERED: WorkerLog = { kind: 'answered', by: 'worker-c', at: 9_500 }
const KILLS = [{ kind: 'kill', pid: 12, at: 5_100 } as const]
const storyOf = (...logs: WorkerLog[]) =>
  storiesOf([RECOVERY], { logs: [...STARTED, ...logs, ANSWERED], kills: KILLS })[0]

test('a recovery consists of a sweep pass, lost wake-ups, time in the queue and in the batch', () => {
  const story = storyOf(received('worker-b', 4_700, 4_500), received('worker-c', 8_800, 7_500))
  expect(story?.phases).toEqual({ passMs: 500, againMs: 3_000, queueMs: 1_300, batchMs: 200 })
  expect(story?.deliveries).toMatchObject([
    { sentAt: 4_500, pid: 12, place: 2, of: 2, killedAt: 5_100, answeredAt: undefined, claims: false },
    { sentAt: 7_500, pid: 13, killedAt: undefined, answeredAt: 9_500, claims: true },
  ])
})

test('a message from before that comes again is all the wait of the queue', () => {
  const story = storyOf(received('worker-b', 1_500, 1_000), received('worker-c', 8_800, 1_000, 2))
  expect(story?.phases).toEqual({ passMs: 0, againMs: 0, queueMs: 4_800, batchMs: 200 })
  expect(story?.deliveries).toMatchObject([{ receives: 2, claims: true }])
})

test('a claim whose message no worker logged has no story', () => {
  expect(storyOf(received('worker-b', 4_700, 4_500))).toBeUndefined()
})

test('a story counts its times from the moment of a possible claim, and names outages', () => {
  const story = storyOf(received('worker-b', 4_700, 4_500), received('worker-c', 8_800, 7_500))
  if (story === undefined) throw new Error('there is a story')
  expect(
    retold(story, [
      { at: 1_000, until: 1_900 },
      { at: 4_600, until: 7_000 },
    ]),
  ).toEqual([
    'c-1 of fence 1, killed at -2000 ms, was claimed at 5000 ms: 500 until it was woken, 3000 until again, 1300 in the queue, 200 in the batch; an emulator was away from 600 to 3000',
    '  sent at 500, received at 700 for the 1. time, 2 of 2, by 12 killed 400 ms later',
    '  sent at 3500, received at 4800 for the 1. time, 2 of 2, by 13 which answered 700 ms later, and claimed',
  ])
  expect(meanOf([story, story])).toEqual(story.phases)
  expect(meanOf([])).toBeUndefined()
})
