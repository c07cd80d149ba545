import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { LogEntry } from '../../lib/model/log.ts'
import type { Output, ProcessRecord } from '../../lib/model/record.ts'
import type { CrashPoint, TestKit } from '../../lib/testing/index.ts'

/** What one process came to, as a test compares it: its output, its history, and what it left in the world. */
export type Life = {
  readonly output: Output
  /** Effects with their outcomes, and the end: by kind and name, not by time. */
  readonly history: readonly string[]
  readonly world: unknown
  /** Writes of its last worker. */
  readonly writes: number
  /** How often one worker took over from another that had died. */
  readonly takeovers: number
}

/** Lives one process from its start to its end in a world of its own, whatever crashes on the way. */
export type Live = (crash?: CrashPoint) => Promise<Life>

/** Seconds that a life may continue before what it waits for is taken to be never. */
const PATIENCE_S = 3_600

export async function lifeOf(kit: TestKit, id: string, world: () => unknown): Promise<Life> {
  const output = await kit.result(id)
  const log = await kit.log(id)
  const takeovers = log.filter(({ type }) => type === 'takeover').length
  return { output, history: historyOf(log), world: world(), writes: kit.writes, takeovers }
}

function historyOf(log: readonly LogEntry[]): string[] {
  return log.flatMap((entry) => {
    if (entry.type === 'end') return [`end ${entry.status}`]
    if (entry.type !== 'effect') return []
    const { effect, name, outcome } = entry
    return [`${effect} ${name}${outcome.ok ? '' : `: ${outcome.error.code}`}`]
  })
}

/** The history that is committed beside an example. */
export function committedHistory(example: string): { readonly [life: string]: readonly string[] } {
  return JSON.parse(
    readFileSync(join(import.meta.dirname, '../../examples', example, 'history.json'), 'utf8'),
  )
}

/** Lets time pass until something has come about: what a crash holds up comes later, and still comes. */
export async function until(kit: TestKit, come: () => Promise<boolean> | boolean): Promise<void> {
  for (let seconds = 0; !(await come()); seconds += 1) {
    if (seconds > PATIENCE_S) throw new Error('what a life waits for never comes')
    await kit.skip({ seconds: 1 })
  }
}

export async function waitsFor(kit: TestKit, id: string, what: string): Promise<boolean> {
  const record: ProcessRecord = await kit.record(id)
  return record.status === 'waiting' && record.wait.for === 'effects' && record.wait.on.includes(what)
}
