import type { CpuByPart, FigureName, Turn } from './figures.ts'

/** How much of each figure one turn takes. */
export type Amounts = {
  readonly processes: number
  readonly steps: number
  /** Processes of one step, one at a time. */
  readonly latency: number
  readonly parking: number
  readonly children: number
}

/** A system under measurement. Ids differ from turn to turn. */
export type Side = {
  readonly name: string
  /** Processes of the machine by part; those that are killed in a figure may be missing. */
  pids(): Readonly<Record<string, readonly number[]>>
  /** Each measure resolves to milliseconds. A side without it is left out of the figure. */
  readonly processes: (ids: readonly string[]) => Promise<number>
  readonly steps?: (id: string, count: number) => Promise<number>
  /** From the moment that a start is sent to the moment that its sender's machine knows of the durable end. */
  readonly startToEnd?: (id: string) => Promise<number>
  /** From a worker's SIGKILL to the moment that another one runs the same body. */
  readonly recovery?: (id: string) => Promise<number>
  /** Until the bodies of all wait for a signal. */
  readonly parking?: (ids: readonly string[]) => Promise<number>
  /** Until the parent's body has the results of all children. */
  readonly children?: (id: string, count: number) => Promise<number>
  stop(): Promise<void>
}

/** One turn of one side; undefined if the side does not have the figure. */
export type Measure = (side: Side, turn: string, amounts: Amounts) => Promise<Turn | undefined>

export const CPU_PART_OF_BENCH = 'client'

export function cpuPerProcess(before: CpuByPart, after: CpuByPart, processes: number): CpuByPart {
  return Object.fromEntries(
    Object.entries(after).map(([part, ms]) => [part, (ms - (before[part] ?? 0)) / processes]),
  )
}

export function perSecond(count: number, ms: number): number {
  return (count / ms) * 1_000
}

/** Ids of one length, so that each process is of one size. */
export function idsIn(turn: string, figure: FigureName, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `${figure}-${turn}-${String(index).padStart(6, '0')}`)
}
