import type { Planted } from '../bug.ts'

/** Bugs of queues that are full. */
export const BACKLOGS: readonly Planted[] = [
  {
    name: 'a full queue of a concurrency key lets the run go',
    from: 78,
    edits: [
      {
        file: 'lib/worker/slots.ts',
        find: "if (slot === 'full') return askAgainLater(parts, owned, concurrency, deadline)",
        replace:
          "if (slot === 'full') throw new ConcurrencyQueueFull({ id: owned.row.id, key: concurrency.key })",
      },
    ],
  },
  {
    name: 'a process that finds the queue full parks without a due time',
    edits: [
      {
        file: 'lib/worker/slots.ts',
        find: "{ wait: { for: 'slot', key, tries }, dueAt, wakeupScheduled }",
        replace: "{ wait: { for: 'slot', key, tries }, wakeupScheduled: false }",
      },
    ],
  },
  {
    name: 'the sweep asks one queue for all',
    from: 30,
    edits: [
      {
        file: 'lib/sweep/room.ts',
        find: "const queue = this.#doorbell.queues.includes(asked) ? asked : 'work'",
        replace: "const queue: QueueName = asked === 'work' ? asked : 'work'",
      },
      {
        file: 'lib/sweep/room.ts',
        find: 'return left > 0\n',
        replace: 'return left > Infinity\n',
      },
    ],
  },
  {
    name: 'the sweep has no reserve for dead owners',
    from: 30,
    edits: [
      {
        file: 'lib/sweep/room.ts',
        find: 'return left > 0\n',
        replace: 'return left > 0 && !isRecovery(row)\n',
      },
    ],
  },
]
