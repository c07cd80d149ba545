import type { Planted } from '../bug.ts'

/** Bugs of errors: what the code meets of them, on the first run and on each later one. */
export const ERRORS: readonly Planted[] = [
  {
    name: 'the first run gets the original error, a replay the recorded one',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'if (dueAt === undefined) return await finish(run, call, outcome)',
        replace:
          'if (dueAt === undefined) return await finish(run, call, outcome).catch((error) => { throw Object.assign(error, { cause: thrown }) })',
      },
    ],
  },
  {
    name: 'the causes of an error are not recorded',
    edits: [
      {
        file: 'lib/registry/codec/values.ts',
        find: "cause: optional('k', inner), ",
        replace: '',
      },
    ],
  },
]
