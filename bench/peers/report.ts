import {
  cpuOf,
  FIGURES,
  ratioOf,
  ROWS,
  rowOf,
  type CpuByPart,
  type FigureName,
  type Measured,
  type Ratio,
  type RowName,
  type Summary,
} from './figures.ts'

export type Report = {
  readonly turns: number
  readonly figures: Readonly<Partial<Record<RowName, Readonly<Record<string, Summary>>>>>
  readonly ratios: readonly Ratio[]
  /** Milliseconds of CPU for a process of three steps, by side and part. */
  readonly cpu: Readonly<Record<string, CpuByPart>>
  /** Of the machine before and after the run. */
  readonly load: readonly [number, number]
}

export function reportOf(
  measured: readonly Measured[],
  run: Pick<Report, 'turns' | 'load'> & {
    readonly figures: readonly FigureName[]
    readonly besides: readonly string[]
  },
): Report {
  const rows = run.figures.flatMap((figure): readonly RowName[] => FIGURES[figure])
  const figures = Object.fromEntries(
    rows.map((row) => [
      row,
      Object.fromEntries(
        measured.flatMap((side) => {
          const summary = rowOf(side, row)
          return summary === undefined ? [] : [[side.side, summary]]
        }),
      ),
    ]),
  )
  const ours = measured.filter(({ side }) => !run.besides.includes(side))
  const theirs = measured.filter(({ side }) => run.besides.includes(side))
  const ratios = rows.flatMap((row) =>
    ours.flatMap((side) => theirs.flatMap((beside) => ratioOf(row, side, beside) ?? [])),
  )
  const cpu = Object.fromEntries(
    measured.flatMap((side) => {
      const parts = cpuOf(side)
      return Object.keys(parts).length === 0 ? [] : [[side.side, parts]]
    }),
  )
  return { turns: run.turns, load: run.load, figures, ratios, cpu }
}

/** Tables of Markdown, for a page and for a terminal. */
export function told({ turns, figures, ratios, cpu, load }: Report): string {
  const sides = [...new Set(Object.values(figures).flatMap((each) => Object.keys(each)))]
  return [
    `Median of ${turns} turns (least–most). Load of the machine: ${load.map((each) => each.toFixed(1)).join(' → ')}.`,
    '',
    ...table(
      ['figure', ...sides],
      entriesOf(figures).map(([row, each]) => {
        const { title, unit } = ROWS[row]
        return [title, ...sides.map((side) => spread(each[side], short, unit))]
      }),
    ),
    '',
    ...table(
      ['ratio, above 1 is better', 'of', 'to', 'median (least–most)'],
      ratios.map(({ row, of, to, ...summary }) => [
        ROWS[row].title,
        of,
        to,
        spread(summary, (value) => value.toFixed(2), ''),
      ]),
    ),
    '',
    ...table(
      ['CPU of a process of three steps', 'ms', 'by part'],
      Object.entries(cpu).map(([side, parts]) => [
        side,
        sum(Object.values(parts)).toFixed(2),
        Object.entries(parts)
          .map(([part, ms]) => `${part} ${ms.toFixed(2)}`)
          .join(', '),
      ]),
    ),
  ].join('\n')
}

function entriesOf(figures: Report['figures']): (readonly [RowName, Readonly<Record<string, Summary>>])[] {
  return (Object.keys(ROWS) as RowName[]).flatMap((row) => {
    const each = figures[row]
    return each === undefined ? [] : [[row, each] as const]
  })
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): readonly string[] {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}

function spread(summary: Summary | undefined, shown: (value: number) => string, unit: string): string {
  if (summary === undefined) return '–'
  const { median, least, most } = summary
  return `${shown(median)}${unit} (${shown(least)}–${shown(most)})`
}

function short(value: number): string {
  return value < 100 ? value.toFixed(1) : Math.round(value).toString()
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}
