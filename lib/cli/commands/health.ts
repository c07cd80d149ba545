import type { DueShard, HealthView } from '../../client/health-view.ts'
import { inWords } from '../../model/duration.ts'
import type { QueueDepth } from '../../queue/queue-watch.ts'
import type { CommandRun } from '../command.ts'
import { EXIT } from '../exit.ts'
import type { HEALTH } from '../specs/overview.ts'
import type { Terminal } from '../terminal.ts'

export const health: CommandRun<typeof HEALTH> = async ({ common }, { terminal, open }) => {
  const { call } = await open()
  const { body } = await call({ method: 'GET', path: '/v1/health' })
  const view = body as HealthView
  if (common.json === true) await terminal.line(JSON.stringify(view, null, 2))
  else for (const line of healthLines(view, terminal)) await terminal.line(line)
  return view.problems.length === 0 ? EXIT.ok : EXIT.problems
}

function healthLines(
  { at, version, due, queues, sweep, problems }: HealthView,
  terminal: Pick<Terminal, 'at' | 'styled'>,
) {
  const rows: (readonly [name: string, value: string])[] = [
    ...(version === undefined ? [] : [['version', version] as const]),
    ['due', dueText(due, at)],
    ...queues.map((depth) => [depth.queue, depthText(depth)] as const),
    [
      'sweep',
      sweep === undefined
        ? 'no pass yet'
        : `last pass at ${terminal.at(sweep.at)}, ${inWords(Math.max(0, at - sweep.at))} ago: ${sweep.due} due, ${sweep.sent} wake-ups sent`,
    ],
  ]
  return [
    ...rows.map(([name, value]) => `${terminal.styled('dim', name.padEnd(11))} ${value}`),
    ...problems.map(({ code, message }) => terminal.styled('red', `${code}: ${message}`)),
    ...(problems.length === 0 ? [terminal.styled('green', 'nothing needs an operator')] : []),
  ]
}

function dueText(shards: readonly DueShard[], at: number): string {
  const sum = (of: (shard: DueShard) => number) => shards.reduce((total, shard) => total + of(shard), 0)
  const oldest = Math.min(...shards.flatMap(({ oldestDueAt }) => oldestDueAt ?? []))
  return [
    `${shards.some(({ atLeast }) => atLeast === true) ? 'at least ' : ''}${sum(({ due }) => due)} wait for a worker`,
    ...(Number.isFinite(oldest) ? [`the oldest for ${inWords(Math.max(0, at - oldest))}`] : []),
    `${sum(({ running }) => running)} run beyond their first lease`,
  ].join(', ')
}

function depthText(depth: QueueDepth): string {
  if ('error' in depth) return `cannot be read: ${depth.error}`
  const { visible, inFlight, delayed } = depth
  return `${visible} visible, ${inFlight} in flight, ${delayed} delayed`
}
