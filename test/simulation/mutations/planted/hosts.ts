import type { Planted } from '../bug.ts'

/** Bugs of what a host leaves that stops, and of what it begins although it should not. */
export const HOSTS: readonly Planted[] = [
  {
    name: 'a body in flight is handed over whatever its recovery',
    edits: [
      {
        file: 'lib/worker/set-down.ts',
        find: "if (hold.row.recovery !== 'abandon' || interrupted.length === 0)",
        replace: 'if (interrupted.length >= 0)',
      },
    ],
  },
  {
    name: 'a body that has begun is not known to be at work',
    edits: [{ file: 'lib/effects/step.ts', find: '    run.atWork.begin(call)\n', replace: '' }],
  },
  {
    name: 'a pass that is stopped goes on claiming',
    edits: [
      {
        file: 'lib/worker/drive.ts',
        find: '      if (!mayTake(this.#parts, this.#run)) return false\n',
        replace: '',
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
