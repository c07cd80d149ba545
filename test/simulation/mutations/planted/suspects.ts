import type { Planted } from '../bug.ts'

/** Bugs of processes whose worker died: who runs beside them, and what counts against them. */
export const SUSPECTS: readonly Planted[] = [
  {
    name: 'a death beside other processes counts',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: 'const stalls = record.suspect === true ? record.stalls + 1 : 0',
        replace: 'const stalls = record.stalls + 1',
      },
    ],
  },
  {
    name: 'a suspect is claimed beside other processes',
    edits: [
      {
        file: 'lib/model/claim.ts',
        find: "return request.inCompany === true ? { do: 'skip', because: 'suspect' } : { do: verdict }",
        replace: 'return { do: verdict }',
      },
    ],
  },
  {
    name: 'progress does not clear a suspect',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: "return suspect === true ? ['suspect'] : []",
        replace: 'return []',
      },
    ],
  },
  {
    name: 'a hand-over clears a suspect',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: "const progress = entries.length > 0 || !['worker', 'undeployed', 'slot'].includes(wait.for)",
        replace: 'const progress = true',
      },
    ],
  },
]
