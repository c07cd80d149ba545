import type { Planted } from '../bug.ts'

/** Bugs of the status events that the table's stream is read for. */
export const STREAM: readonly Planted[] = [
  {
    name: 'a status event goes out before an earlier one of its process',
    edits: [
      {
        file: 'lib/status-events/publish.ts',
        find: '    if (first.has(event.detail.id)) continue\n',
        replace: '',
      },
    ],
  },
  {
    name: 'a batch of the stream is reported as done though the bus did not take all of it',
    from: 100,
    edits: [
      {
        file: 'lib/status-events/serve.ts',
        find: 'if (undone.size === 0) return undefined',
        replace: 'if (undone.size < reads.length) return undefined',
      },
    ],
  },
  {
    name: 'the stream filter leaves out a process that was registered and claimed in one write',
    edits: [
      {
        file: 'lib/status-events/filter.ts',
        find: '  { dynamodb: { Keys: OF_A_PROCESS, NewImage: RUNNING, OldImage: ABSENT } },\n',
        replace: '',
      },
    ],
  },
]
