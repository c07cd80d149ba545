import type { Planted } from '../bug.ts'

/** Bugs of what callers ask besides: completions from outside, requests to abandon, lists. */
export const CALLERS: readonly Planted[] = [
  {
    name: 'an external process is completed without its token',
    edits: [
      {
        file: 'lib/model/requests.ts',
        find: 'if (completionHash === undefined || !sameHash(completionHash, tokenHash))',
        replace: 'if (completionHash === undefined)',
      },
    ],
  },
  {
    name: 'another completion than the first is accepted',
    edits: [
      {
        file: 'lib/registry/operations/complete.ts',
        find: 'if (isEnded(record)) return sameEnd(ctx, record, asked)\n    const stored',
        replace: 'if (isEnded(record)) return record\n    const stored',
      },
    ],
  },
  {
    name: 'a worker claims an external process',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "      recoveryIsNot: 'external',\n      dueBy: now,",
        replace: '      dueBy: now,',
      },
    ],
  },
  {
    name: 'a park ignores a request to abandon',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "return row.abandon !== undefined || (wait.for === 'resume' && row.cancel !== undefined)",
        replace: "return wait.for === 'resume' && row.cancel !== undefined",
      },
      {
        file: 'lib/model/ownership.ts',
        find: "const REQUESTS = ['cancel', 'abandon'] as const",
        replace: "const REQUESTS: readonly ('cancel' | 'abandon')[] = ['cancel']",
      },
    ],
  },
  {
    name: 'a process that was given up is claimed',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "      absent: request.inCompany === true ? ['abandon', 'suspect'] : ['abandon'],\n",
        replace: "      absent: request.inCompany === true ? ['suspect'] : [],\n",
      },
    ],
  },
  {
    name: 'a list ends with the rows of one read',
    edits: [
      {
        file: 'lib/registry/operations/index-pages.ts',
        find: 'const isLast = this.rows.length === 0 && this.after === undefined',
        replace: 'const isLast = this.rows.length === 0',
      },
    ],
  },
  {
    name: 'a list begins with the oldest',
    edits: [
      {
        file: 'lib/registry/operations/list.ts',
        find: "order: 'down',",
        replace: "order: 'up',",
      },
    ],
  },
]
