import { countText } from '../../model/count-text.ts'
import { parseProcessId } from '../../model/ids.ts'
import type { ProcessView } from '../../client/processes.ts'
import type { LogEntry } from '../../model/log.ts'
import { SYSTEM_CLOCK } from '../../host/system.ts'
import type { CommandRun } from '../command.ts'
import { entriesOf } from '../entries.ts'
import { EXIT } from '../exit.ts'
import type { TRACE } from '../specs/looking.ts'
import { spansOf, type Span } from '../trace.ts'

const BAR_COLUMNS = 30

export const trace: CommandRun<typeof TRACE> = async ({ args, common }, { terminal, open }) => {
  const id = parseProcessId(args.id)
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: `/v1/processes/${id}` })
  const view = body as ProcessView
  const entries: LogEntry[] = []
  for await (const entry of entriesOf(call, id)) entries.push(entry)
  const spans = spansOf(entries)
  if (common.json === true) {
    for (const span of spans) await terminal.line(JSON.stringify(span))
    return EXIT.ok
  }
  const from = view.startedAt ?? view.createdAt
  const to = view.endedAt ?? SYSTEM_CLOCK.now()
  await terminal.line(
    `${terminal.styled('bold', id)}  ${view.status}  ${shownMs(to - from)} from ${terminal.at(from)}`,
  )
  const names = Math.min(40, Math.max(4, ...spans.map(({ effect, name }) => effect.length + name.length + 1)))
  for (const span of spans) {
    const what = `${span.effect} ${span.name}`.padEnd(names)
    const took = shownMs((span.to ?? to) - span.from).padStart(9)
    await terminal.line([what, took, barOf(span, from, to), endOf(span)].join('  ').trimEnd())
  }
  return EXIT.ok
}

function barOf(span: Span, from: number, to: number): string {
  const scale = BAR_COLUMNS / Math.max(1, to - from)
  const start = Math.min(BAR_COLUMNS - 1, Math.max(0, Math.floor((span.from - from) * scale)))
  const length = Math.max(1, Math.round(((span.to ?? to) - span.from) * scale))
  return `${' '.repeat(start)}${'█'.repeat(Math.min(length, BAR_COLUMNS - start))}`.padEnd(BAR_COLUMNS)
}

function endOf({ ok, failedAttempts }: Span): string {
  const attempts = failedAttempts === 0 ? '' : `, ${countText(failedAttempts, 'failed attempt')}`
  return `${ok === undefined ? 'open' : ok ? 'ok' : 'failed'}${attempts}`
}

function shownMs(ms: number): string {
  return ms < 1_000
    ? `${ms} ms`
    : ms < 120_000
      ? `${(ms / 1_000).toFixed(1)} s`
      : `${(ms / 60_000).toFixed(1)} min`
}
