import type { Planted } from '../bug.ts'

/** Bugs of places under a concurrency key. */
export const PLACES: readonly Planted[] = [
  {
    name: 'a process that ends does not leave its place',
    edits: [
      {
        file: 'lib/worker/notifications.ts',
        find: 'await parts.registry.leaveSlot(record.id, record.concurrency, parts.clock.now())',
        replace: '[]',
      },
    ],
  },
  {
    name: 'a free place wakes no process',
    edits: [
      {
        file: 'lib/registry/operations/concurrency.ts',
        find: 'return { write, woken: { ...record, dueAt: now, wakeupScheduled: true } }',
        replace: 'return {}',
      },
    ],
  },
  {
    name: 'a worker that lost the process takes a place for it',
    from: 350,
    edits: [
      {
        file: 'lib/registry/operations/concurrency.ts',
        find: 'toCheck(id, expectHeld(ownership))',
        replace: "toCheck(id, { recoveryIsNot: 'external' })",
      },
    ],
  },
  {
    name: 'a place is taken that another took meanwhile',
    from: 106,
    edits: [
      {
        file: 'lib/registry/codec/slots.ts',
        find: '        { attr: HOLDERS.attr, shorter: limit },\n',
        replace: '',
      },
    ],
  },
]
