import type { Planted } from '../bug.ts'

/** Bugs of parents and children, and of telling them. */
export const FAMILY: readonly Planted[] = [
  {
    name: 'the end of a child does not notify its parent',
    edits: [
      {
        file: 'lib/worker/notifications.ts',
        find: 'if (record.parent !== undefined) await notifyParent(parts, record, record.parent.id)',
        replace: '',
      },
    ],
  },
  {
    name: 'a child is registered beside its parent’s write',
    edits: [
      {
        file: 'lib/registry/operations/start-child.ts',
        find: "beside: [stands ? isThere(row.id) : { do: 'put', item: encodeRow(row, ctx.shards), when: NOT_THERE }],",
        replace: 'beside: [],',
      },
    ],
  },
  {
    name: 'an end does not notify the children',
    edits: [
      {
        file: 'lib/worker/notifications.ts',
        find: 'for (const child of childrenOf(await wholeLog(parts, record.id))) await notifyChild(parts, record, child)',
        replace: '',
      },
    ],
  },
  {
    name: 'a pending notification is removed before it is sent',
    edits: [
      {
        file: 'lib/worker/notifications.ts',
        find: 'if (record.pendingNotifications !== true) return\n',
        replace:
          'if (record.pendingNotifications !== true) return\n  await parts.registry.dependentsNotified(record)\n',
      },
    ],
  },
]
