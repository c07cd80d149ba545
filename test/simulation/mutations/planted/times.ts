import type { Planted } from '../bug.ts'

/** Bugs of times that a program sets, of shields and of gathered branches. */
export const TIMES: readonly Planted[] = [
  {
    name: 'a shield does not protect its effects',
    edits: [
      {
        file: 'lib/effects/engine/run.ts',
        find: 'return isEnd(this.ports.abortSignal.reason) && effectScope.getStore()?.shielded !== true',
        replace: 'return isEnd(this.ports.abortSignal.reason)',
      },
    ],
  },
  {
    name: 'a wait under a shield is cut short',
    edits: [
      {
        file: 'lib/effects/engine/waits.ts',
        find: 'const outcome = (wait.shielded ? undefined : this.#cancelled) ?? wait.look()',
        replace: 'const outcome = this.#cancelled ?? wait.look()',
      },
    ],
  },
  {
    name: 'a step that is out of time is recorded as done',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: '    reject(error)\n    abort.abort(error)',
        replace: '    abort.abort(error)',
      },
    ],
  },
  {
    name: 'an attempt is out of time early',
    edits: [
      {
        file: 'lib/effects/step.ts',
        find: 'clock.after(timeoutMs, () => {',
        replace: 'clock.after(timeoutMs / 2, () => {',
      },
    ],
  },
  {
    name: 'a heartbeat is not looked up',
    edits: [
      {
        file: 'lib/effects/callback.ts',
        find: '((await journal.lastHeartbeat(position)) ?? begunAt) + times.heartbeatMs,',
        replace: 'begunAt + times.heartbeatMs,',
      },
    ],
  },
  {
    name: 'a sleep until a moment ends early',
    edits: [
      {
        file: 'lib/effects/sleep.ts',
        find: 'await sleepUntilDue(run, name, () => dueAt)',
        replace: 'await sleepUntilDue(run, name, () => dueAt - 1_500)',
      },
    ],
  },
  {
    name: 'results of branches are in the order of their ends',
    edits: [
      {
        file: 'lib/effects/parallel.ts',
        find: "if (onFailure === 'settle') results[index] = await settled(task)",
        replace:
          "if (onFailure === 'settle')\n        void (await settled(task).then((each) => results.splice(results.indexOf(undefined), 1, each)))",
      },
    ],
  },
  {
    name: 'a park forgets the timeout of its process',
    edits: [
      {
        file: 'lib/worker/run-ports.ts',
        find: 'const deadline = owned.signal.aborted ? undefined : deadlineOf(owned.row)',
        replace: 'const deadline = undefined',
      },
    ],
  },
  {
    name: 'a recorded timeout is replayed as a cancel',
    isHole: true,
    edits: [
      {
        file: 'lib/effects/deliver.ts',
        find: "return code === 'timed_out'\n    ? new ProcessTimedOut({ id, timeoutMs })\n    : new ProcessCancelled({ id, reason: message })",
        replace:
          'return code === "none" ? new ProcessTimedOut({ id, timeoutMs }) : new ProcessCancelled({ id, reason: message })',
      },
    ],
  },
  {
    name: 'a process is out of time early',
    edits: [
      {
        file: 'lib/worker/run-ports.ts',
        find: 'if (leftMs > 0) return parts.clock.after(leftMs, interrupt)',
        replace: 'if (leftMs > 1_000) return parts.clock.after(leftMs - 1_000, interrupt)',
      },
    ],
  },
]
