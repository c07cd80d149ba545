import type { Planted } from '../bug.ts'

/** Bugs of what a host leaves that stops, and of what it begins although it should not. */
export const HOSTS: readonly Planted[] = [
  {
    name: 'a body in flight is handed over although its recovery is abandon',
    edits: [
      {
        file: 'lib/worker/set-down.ts',
        find: "if (owned.row.recovery !== 'abandon' || interrupted.length === 0)",
        replace: 'if (interrupted.length >= 0)',
      },
    ],
  },
  {
    name: 'a body in flight is not counted as running',
    edits: [{ file: 'lib/effects/step.ts', find: '    run.atWork.begin(call)\n', replace: '' }],
  },
  {
    name: 'a stopped pass continues to claim',
    edits: [
      {
        file: 'lib/worker/execution.ts',
        find: 'return run.hostSignal?.aborted !== true && hasTime(parts, run.execution)',
        replace: 'return hasTime(parts, run.execution)',
      },
      {
        file: 'lib/worker/claim-and-run.ts',
        find: 'claimThenRun(parts, id, run, inCompany), run.hostSignal)',
        replace: 'claimThenRun(parts, id, run, inCompany))',
      },
    ],
  },
  {
    name: 'a hand-over counts as an attempt without progress',
    edits: [
      {
        file: 'lib/model/ownership.ts',
        find: '...(progress ? { stalls: 0 } : {}),',
        replace: '...(progress ? { stalls: 0 } : { stalls: ownership.row.stalls + 1 }),',
      },
    ],
  },
  {
    name: 'a body begins though its owner has read a cancel request',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: '    if (run.cancelled) return finish(run, call, cancelledOutcome(run.ports.abortSignal.reason))\n',
        replace: '',
      },
    ],
  },
]
