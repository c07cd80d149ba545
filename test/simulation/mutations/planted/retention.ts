import type { Planted } from '../bug.ts'

/** Bugs of how long an ended process is kept, and of what goes with it. */
export const RETENTION: readonly Planted[] = [
  {
    name: 'items of a process that is still open are given their time to go',
    edits: [
      {
        file: 'lib/status-events/records.ts',
        find: 'const { id, status, endedAt, limits } = after',
        replace: 'const { id, endedAt = after.createdAt, limits } = after',
      },
      { file: 'lib/status-events/records.ts', find: '!isTerminal(status) || ', replace: '' },
    ],
  },
  {
    name: 'items beside the row go a day after the end, however long their process is kept',
    edits: [
      {
        file: 'lib/model/retention.ts',
        find: 'return Math.max(keptUntil(ended), ended.endedAt + RELATED_ITEMS_KEPT_MS)',
        replace: 'return ended.endedAt + RELATED_ITEMS_KEPT_MS',
      },
    ],
  },
  {
    name: 'the row of an ended process goes as soon as it is no longer kept',
    edits: [
      {
        file: 'lib/model/retention.ts',
        find: 'return keptUntil(ended) + TOMBSTONE_MS',
        replace: 'return keptUntil(ended)',
      },
    ],
  },
  {
    name: 'a start inside the tombstone of its id is accepted',
    edits: [
      { file: 'lib/registry/operations/register.ts', find: '  expectKept(record, now)\n', replace: '' },
    ],
  },
  {
    name: 'items beside the row of an ended process stay for ever',
    edits: [
      {
        file: 'lib/status-events/serve.ts',
        find: ': await retention.setExpiry(setExpiry.id, setExpiry.keptUntil)',
        replace: ': 0',
      },
      // The second line of defence: the removed row.
      {
        file: 'lib/status-events/serve.ts',
        find: ': await retention.clear(clear.id, clock.now())',
        replace: ': 0',
      },
    ],
  },
  {
    name: 'an input that is put again after the end of its process stays for ever',
    from: 180,
    edits: [
      {
        file: 'lib/registry/operations/register.ts',
        find: '  await discardInput(ctx, row, record, now)\n',
        replace: '',
      },
      // The second line of defence: the removed row.
      {
        file: 'lib/registry/retention.ts',
        find: '      for (const key of keys) {',
        replace: '      for (const key of keys.filter(({ sk }) => !sk.startsWith(INPUT))) {',
      },
    ],
  },
  {
    name: 'an input that a dead worker put after the end stays once its row is gone',
    from: 5_100,
    edits: [
      {
        file: 'lib/registry/retention.ts',
        find: '      for (const key of keys) {',
        replace: '      for (const key of keys.filter(({ sk }) => !sk.startsWith(INPUT))) {',
      },
    ],
  },
]
