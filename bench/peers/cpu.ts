import { existsSync, readFileSync } from 'node:fs'
import type { CpuByPart } from './figures.ts'
import { CPU_PART_OF_BENCH, type Side } from './side.ts'

/** Of the times in `/proc/<pid>/stat`: `USER_HZ`, which is 100 on each architecture that Node runs on. */
const MS_PER_TICK = 10
/** Fields after the command's name, which is in brackets and may contain spaces: `utime` and `stime`. */
const [USER_FIELD, SYSTEM_FIELD] = [11, 12]

/** CPU time that a process has used, by what Linux says of it. Undefined for one that is gone. */
export function cpuMsIn(stat: string): number | undefined {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const ticks = Number(fields[USER_FIELD]) + Number(fields[SYSTEM_FIELD])
  return Number.isFinite(ticks) ? ticks * MS_PER_TICK : undefined
}

/** The CPU time of each part of a side and of this process so far. Other systems than Linux have no figures. */
export function cpuNow(side: Side): CpuByPart | undefined {
  if (!existsSync('/proc/self/stat')) return undefined
  const parts = Object.entries(side.pids()).map(
    ([part, pids]) => [part, pids.reduce((sum, pid) => sum + (cpuMsOf(pid) ?? 0), 0)] as const,
  )
  const { user, system } = process.cpuUsage()
  return { ...Object.fromEntries(parts), [CPU_PART_OF_BENCH]: (user + system) / 1_000 }
}

function cpuMsOf(pid: number): number | undefined {
  try {
    return cpuMsIn(readFileSync(`/proc/${pid}/stat`, 'utf8'))
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw error
  }
}
