import type { Planted } from '../bug.ts'

/** Bugs of messages that are hidden while their worker lives, and come again once it is gone. */
export const MESSAGES: readonly Planted[] = [
  {
    name: 'a worker does not hide its messages',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'await redelivery?.hide(ids.map((id) => ({ id, forMs })))',
        replace: 'await redelivery?.hide([])',
      },
    ],
  },
  {
    name: 'a worker hides its messages once',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'if (!this.#isOver && this.#kept.size > 0) this.#after(worker.renewEveryMs)',
        replace: '',
      },
    ],
  },
  {
    name: 'a message is hidden for a renewal instead of a lease',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'const forMs = worker.leaseTtlMs + HIDE_MARGIN_MS',
        replace: 'const forMs = worker.renewEveryMs',
      },
    ],
  },
  {
    name: 'live leases use up the deliveries of a message',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'if (attempt > redelivery.maxAttempts - DELIVERIES_IN_RESERVE) return undefined',
        replace: '',
      },
    ],
  },
  {
    name: 'deaths use up the deliveries of a message',
    edits: [
      {
        file: 'lib/worker/delivery.ts',
        find: 'return attempt > DELIVERIES_BY_DEATH',
        replace: 'return attempt > 99 * DELIVERIES_BY_DEATH',
      },
    ],
  },
]
