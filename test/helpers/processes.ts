import { execFileSync } from 'node:child_process'
import { setTimeout as pause } from 'node:timers/promises'

type Row = { readonly pid: number; readonly parent: number; readonly command: string }

/** Every process that runs on this machine. Those that are dead and only not buried yet do not run. */
function running(): Row[] {
  const table = execFileSync('ps', ['-eo', 'pid=,ppid=,stat=,args='], { encoding: 'utf8' })
  return table.split('\n').flatMap((line) => {
    const [, pid, parent, state = 'Z', command = ''] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/u.exec(line) ?? []
    return state.startsWith('Z') ? [] : [{ pid: Number(pid), parent: Number(parent), command }]
  })
}

/** Children, their children, and so on. */
export function descendants(of: number): Row[] {
  const rows = running()
  const under = (parent: number): Row[] =>
    rows.filter((row) => row.parent === parent).flatMap((row) => [row, ...under(row.pid)])
  return under(of)
}

/** Resolves when none of them runs any more; the test's timeout is the limit. */
export async function untilGone(pids: readonly number[]): Promise<void> {
  const wanted = new Set(pids)
  while (running().some(({ pid }) => wanted.has(pid))) await pause(50)
}

export function parentOf(pid: number): number {
  return running().find((row) => row.pid === pid)?.parent ?? 0
}
