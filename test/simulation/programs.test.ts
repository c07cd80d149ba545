import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { ProcessContext } from '../../lib/effects/context.ts'
import type { Json } from '../../lib/model/json.ts'
import type { LogEntry } from '../../lib/model/log.ts'
import { MemoryProcessRegistry } from '../../lib/registry/memory.ts'
import type { CrashPoint } from '../../lib/testing/crashing-registry.ts'
import { flow, kitOn, thrown, type Ground } from '../helpers/effects.ts'

const SEED = Number(process.env['SEED'] ?? Math.floor(Math.random() * 2 ** 31))
/** Programs a run. Each is run once for every write that its worker can die at, twice. */
const PROGRAMS = 25

/** A small program. Where a name is needed it is made of the place, so no two are alike. */
type Program = readonly Line[]
type Line =
  | { readonly do: 'step'; readonly fails: number; readonly big: boolean }
  | { readonly do: 'sleep'; readonly minutes: number }
  | { readonly do: 'signal'; readonly timeoutMinutes: number | undefined }
  | { readonly do: 'emit' | 'draw' }
  | { readonly do: 'child'; readonly program: Program }
  | { readonly do: 'together'; readonly programs: readonly Program[] }

const { program } = fc.letrec<{ program: Program; line: Line }>((tie) => ({
  program: fc.array(tie('line'), { maxLength: 4 }),
  line: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    fc.record({ do: fc.constant('step'), fails: fc.integer({ min: 0, max: 2 }), big: fc.boolean() }),
    fc.record({ do: fc.constant('sleep'), minutes: fc.constantFrom(0, 0.01, 1, 90) }),
    fc.record({ do: fc.constant('signal'), timeoutMinutes: fc.constantFrom(undefined, 600) }),
    fc.record({ do: fc.constantFrom('emit', 'draw') }),
    fc.record({ do: fc.constant('child'), program: tie('program') }),
    fc.record({ do: fc.constant('together'), programs: fc.array(tie('program'), { maxLength: 3 }) }),
  ),
}))

/** Runs a program, and answers what it came to. That must not depend on when what came, for a crash changes that. */
async function perform(context: ProcessContext, lines: Program, at: string): Promise<Json> {
  const values: Json[] = []
  for (const [index, line] of lines.entries()) values.push(await performLine(context, line, `${at}/${index}`))
  return values
}

async function performLine(context: ProcessContext, line: Line, name: string): Promise<Json> {
  switch (line.do) {
    case 'step': {
      const retry = { maxAttempts: 2, initialDelay: { minutes: 1 } }
      const body = ({ attempt }: { attempt: number }): string => {
        if (attempt <= line.fails) throw new Error(`attempt ${attempt}`)
        return line.big ? name.padEnd(1_500, '.') : name
      }
      return line.fails > 1
        ? thrown(context.step(name, body, { retry }))
        : context.step(name, body, { retry })
    }
    case 'sleep':
      await context.sleep({ minutes: line.minutes }, name)
      return null
    case 'signal':
      return line.timeoutMinutes === undefined
        ? context.signal(name)
        : context.signal(name, { timeout: { minutes: line.timeoutMinutes } })
    case 'emit':
      await context.emit(name, name)
      return null
    case 'draw':
      return [context.random() < 1, context.uuid().length, context.now() > 0]
    case 'child':
      return context.run(child, { program: line.program, at: name })
    case 'together':
      return context.all(
        line.programs.map((each, branch) => () => perform(context, each, `${name}:${branch}`)),
      )
  }
}

const performer = (kind: string) =>
  flow(
    (context, input) => {
      const { program: lines, at } = input as { program: Program; at: string }
      return perform(context, lines, at)
    },
    { kind },
  )
const child = performer('child')
const parent = performer('parent')

/** The names of the signals that a program waits for, by the process that does. The ids of children are given by place. */
function signalsOf(lines: Program, at: string): string[] {
  return lines.flatMap((line, index) => {
    const name = `${at}/${index}`
    if (line.do === 'signal') return [name]
    if (line.do === 'together') return line.programs.flatMap((each, n) => signalsOf(each, `${name}:${n}`))
    return line.do === 'child' ? signalsOf(line.program, name) : []
  })
}

const ground: Pick<Ground, 'open'> = { open: () => Promise.resolve(new MemoryProcessRegistry()) }

/** A whole life of a program, killed once. Each process is sent every signal: it takes its own, in whatever order. */
async function live(lines: Program, crash?: CrashPoint) {
  const kit = await kitOn(ground as Ground, [parent, child])
  if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
  await kit.start(parent, { program: lines, at: 'p' }, { id: 'p' })
  const names = signalsOf(lines, 'p')
  const ids = new Set<string>()
  // A child is sent its signals once it is there; a signal is the same one however often it is sent.
  for (let rounds = 0; rounds < 500; rounds += 1) {
    for (const id of [
      ...(await kit.registry.list({ kind: 'parent' })).items,
      ...(await kit.registry.list({ kind: 'child' })).items,
    ]) {
      if (ids.has(id.id) || ['completed', 'failed'].includes(id.status)) continue
      ids.add(id.id)
      for (const name of names)
        await kit.client.signal(id.id, { name, key: name, payload: name }).catch(() => {})
    }
    if ((await kit.record('p')).status === 'completed') break
    await kit.skip({ minutes: 5 })
  }
  const output = await kit.result('p')
  const { items } = await kit.registry.list({ kind: 'child' })
  const logs = await Promise.all(['p', ...items.map(({ id }) => id).toSorted()].map((id) => kit.log(id)))
  // A child's id is made of its start's place, which depends on what came first: children are told apart by what they did.
  const effects = logs.map((log) => effectsOf(log).join()).toSorted()
  return { output, effects, writes: kit.writes, sound: logs.every(isSound) }
}

/** What was recorded, whatever the order: a crash delays one branch and not another. */
function effectsOf(log: readonly LogEntry[]): string[] {
  return log
    .flatMap((entry) =>
      entry.type === 'effect'
        ? [
            `${entry.effect} ${entry.effect === 'start' || entry.effect === 'child' ? '' : entry.name} ${entry.outcome.ok}`,
          ]
        : [],
    )
    .toSorted()
}

/** No gap, no effect twice, no attempt twice, one end, and that last but for what others told it too late. */
function isSound(log: readonly LogEntry[]): boolean {
  const once = (keys: readonly unknown[]): boolean => new Set(keys).size === keys.length
  return (
    log.every(({ seq }, index) => seq === index + 1) &&
    once(log.flatMap((entry) => (entry.type === 'effect' ? [entry.position] : []))) &&
    once(log.flatMap((entry) => (entry.type === 'begin' ? [entry.position] : []))) &&
    log.filter(({ type }) => type === 'end').length === 1
  )
}

test(`a crash at any write changes neither end nor effects of a program (SEED=${SEED}) [C34]`, async () => {
  let crashes = 0
  await fc.assert(
    fc.asyncProperty(program, async (lines) => {
      const calm = await live(lines)
      expect(calm.sound).toBe(true)
      expect(calm.output.outcome).toBe('success')
      for (let nth = 1; nth <= calm.writes; nth += 1) {
        for (const when of ['before', 'after'] as const) {
          crashes += 1
          const { output, effects, sound } = await live(lines, { nth, when })
          expect({ nth, when, output, effects, sound }).toEqual({
            nth,
            when,
            output: calm.output,
            effects: calm.effects,
            sound: true,
          })
        }
      }
    }),
    { seed: SEED, numRuns: PROGRAMS, endOnFailure: true },
  )
  expect(crashes).toBeGreaterThan(PROGRAMS * 4)
}, 120_000)
