import type { Planted } from '../bug.ts'

/** Bugs of queues that are full. */
export const BACKLOGS: readonly Planted[] = [
  {
    name: 'a full queue of a concurrency key lets the run go',
    from: 78,
    edits: [
      {
        file: 'lib/worker/slots.ts',
        find: "if (place === 'full') return askAgainLater(parts, hold, concurrency, deadline)",
        replace: "if (place === 'full') throw new TooManyWait({ id: hold.row.id, key: concurrency.key })",
      },
    ],
  },
  {
    name: 'one that finds the queue full parks without a due time',
    edits: [
      {
        file: 'lib/worker/slots.ts',
        find: "{ wait: { for: 'slot', key, tries }, dueAt, belled }",
        replace: "{ wait: { for: 'slot', key, tries }, belled: false }",
      },
    ],
  },
]
