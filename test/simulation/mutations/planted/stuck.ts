import type { Planted } from '../bug.ts'

/** Bugs of processes that are stuck, and continue once they are resumed. */
export const STUCK: readonly Planted[] = [
  {
    name: 'a resume removes the cancel request',
    from: 240,
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: "wait: { for: 'worker', since: now }, stalls: 0 },",
        replace: "wait: { for: 'worker', since: now }, stalls: 0 },\n      remove: ['cancel'],",
      },
    ],
  },
  {
    name: 'a resume does not make its process due',
    from: 80,
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'planAppend(entry, { statusIn: FROM.resume, wake: true, now })',
        replace: 'planAppend(entry, { statusIn: FROM.resume, wake: false, now })',
      },
    ],
  },
  {
    name: 'a stuck process that is due is claimed',
    from: 80,
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "      statusIn: FROM.claim,\n      recoveryIsNot: 'external',\n      dueBy: now,",
        replace: "      statusIn: ['pending', 'waiting', 'stuck'],\n      dueBy: now,",
      },
    ],
  },
  {
    name: 'an existing child counts as a conflicting one',
    edits: [
      {
        file: 'lib/registry/operations/start-child.ts',
        find: 'if (found !== undefined && found.hash !== row.hash)',
        replace: 'if (found !== undefined)',
      },
    ],
  },
]
