import { once } from 'node:events'
import { styleText } from 'node:util'

type Style = Parameters<typeof styleText>[0]

/** Where a command prints: data on standard output, everything else on standard error. */
export type Terminal = {
  /** A line of data. Waits when the reader is slower. */
  readonly line: (text: string) => Promise<void>
  /** A line about what is done. */
  readonly note: (text: string) => void
  /** What went wrong and what to do. */
  readonly problem: (text: string) => void
  /** Coloured where standard output shows colours. */
  readonly styled: (style: Style, text: string) => string
  /** A time for a person: in the machine's zone, or with `--utc` in UTC. */
  readonly at: (epochMs: number) => string
  /** A person is there to be asked. */
  readonly isInteractive: boolean
  readonly columns: number
}

export function terminalOf(
  { stdin, stdout, stderr }: Pick<NodeJS.Process, 'stdin' | 'stdout' | 'stderr'>,
  { utc }: { readonly utc: boolean },
): Terminal {
  return {
    async line(text) {
      if (!stdout.write(`${text}\n`)) await once(stdout, 'drain')
    },
    note: (text) => void stderr.write(`${text}\n`),
    problem: (text) => void stderr.write(`${styleText('red', 'leasehold:', { stream: stderr })} ${text}\n`),
    styled: (style, text) => styleText(style, text, { stream: stdout }),
    at: (epochMs) => shownTime(epochMs, utc),
    isInteractive: stdin.isTTY && stderr.isTTY,
    columns: stdout.isTTY ? stdout.columns : 100,
  }
}

/** `2026-11-28 20:17:12.345+01:00`, or with a `Z`. */
function shownTime(epochMs: number, utc: boolean): string {
  const date = new Date(epochMs)
  if (utc) return date.toISOString().replace('T', ' ')
  const offsetMin = -date.getTimezoneOffset()
  const local = new Date(epochMs + offsetMin * 60_000).toISOString().replace('T', ' ').replace('Z', '')
  const [hours, minutes] = [Math.trunc(Math.abs(offsetMin) / 60), Math.abs(offsetMin) % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  return `${local}${offsetMin < 0 ? '-' : '+'}${hours}:${minutes}`
}
