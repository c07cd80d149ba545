/** What a side can be measured by, and whether more of it is better. */
export const ROWS = {
  processes: { title: 'processes of three steps', unit: '/s', better: 'more' },
  steps: { title: 'steps of one process', unit: '/s', better: 'more' },
  'start-end-p50': { title: 'start → end of one step, p50', unit: ' ms', better: 'less' },
  'start-end-p99': { title: 'start → end of one step, p99', unit: ' ms', better: 'less' },
  recovery: { title: 'kill -9 → running again', unit: ' ms', better: 'less' },
  parking: { title: 'processes that begin to wait', unit: '/s', better: 'more' },
  children: { title: 'children of one process', unit: '/s', better: 'more' },
} as const satisfies Record<string, { title: string; unit: string; better: 'more' | 'less' }>
export type RowName = keyof typeof ROWS
/** One figure may fill several rows. */
export const FIGURES = {
  processes: ['processes'],
  steps: ['steps'],
  latency: ['start-end-p50', 'start-end-p99'],
  recovery: ['recovery'],
  parking: ['parking'],
  children: ['children'],
} as const satisfies Record<string, readonly RowName[]>
export type FigureName = keyof typeof FIGURES

/** Milliseconds of CPU that one process of three steps takes, by part of the side. */
export type CpuByPart = Readonly<Record<string, number>>
/** What one side came to in one turn. */
export type Turn = { readonly rows: Readonly<Partial<Record<RowName, number>>>; readonly cpu?: CpuByPart }
export type Measured = { readonly side: string; readonly turns: readonly Turn[] }

export type Summary = {
  readonly median: number
  readonly least: number
  readonly most: number
}
/** A side's row beside another side's, above 1 if it is the better one: the median over the turns of both. */
export type Ratio = { readonly row: RowName; readonly of: string; readonly to: string } & Summary

export function isFigure(name: string): name is FigureName {
  return Object.hasOwn(FIGURES, name)
}

/** The middle of an odd number of values, and the mean of both in the middle of an even one. */
export function summaryOf(values: readonly number[]): Summary | undefined {
  const sorted = values.toSorted((a, b) => a - b)
  const [least, most] = [sorted[0], sorted.at(-1)]
  const [below, above] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  if (least === undefined || most === undefined || below === undefined || above === undefined)
    return undefined
  return { median: (below + above) / 2, least, most }
}

/** A value below which that share of all values is: `0.99` for the p99. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

export function rowOf({ turns }: Measured, row: RowName): Summary | undefined {
  return summaryOf(turns.flatMap(({ rows }) => rows[row] ?? []))
}

/** Turn by turn, since what else the machine does meets both sides of one turn. */
export function ratioOf(row: RowName, side: Measured, beside: Measured): Ratio | undefined {
  const { better } = ROWS[row]
  const ratios = side.turns.flatMap(({ rows }, turn) => {
    const [ours, theirs] = [rows[row], beside.turns[turn]?.rows[row]]
    if (ours === undefined || theirs === undefined) return []
    return better === 'more' ? ours / theirs : theirs / ours
  })
  const summary = summaryOf(ratios)
  return summary && { row, of: side.side, to: beside.side, ...summary }
}

/** The median of each part. */
export function cpuOf({ turns }: Measured): CpuByPart {
  const measured = turns.flatMap(({ cpu }) => (cpu === undefined ? [] : [cpu]))
  const parts = [...new Set(measured.flatMap((cpu) => Object.keys(cpu)))]
  return Object.fromEntries(
    parts.flatMap((part) => {
      const summary = summaryOf(measured.flatMap((cpu) => cpu[part] ?? []))
      return summary === undefined ? [] : [[part, summary.median]]
    }),
  )
}
