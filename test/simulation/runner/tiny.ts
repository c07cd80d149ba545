import * as v from 'valibot'
import type { ProcessContext } from '../../../lib/effects/context.ts'
import { defineProcess, type AnyDefinition, type ProcessDefinition } from '../../../lib/effects/definition.ts'
import type { Json } from '../../../lib/model/json.ts'
import type { Expectations } from '../checker/expectations.ts'
import { Random } from '../world/random.ts'
import type { CodeHost, Load, Request } from '../world/scenario.ts'

/** A small program as plain data, and what it comes to. Names are made of places, so no two are alike. */
export type Line =
  | { readonly do: 'step'; readonly fails: number; readonly bytes: number }
  | { readonly do: 'sleep'; readonly ms: number }
  | { readonly do: 'signal' | 'emit' | 'draw' | 'patched' }
  | { readonly do: 'child'; readonly lines: readonly Line[] }
  | { readonly do: 'together'; readonly branches: readonly (readonly Line[])[] }
export type TinyPlan = {
  readonly processes: readonly { readonly id: string; readonly lines: readonly Line[] }[]
  readonly byMessage: boolean
}

export function tinyPlan(seed: number): TinyPlan {
  const random = new Random(seed, 'program')
  return {
    byMessage: random.chance(0.5),
    processes: Array.from({ length: random.pick([1, 1, 2, 3]) }, (_, index) => ({
      id: `p${index}`,
      lines: linesOf(random, 2),
    })),
  }
}

function linesOf(random: Random, depth: number): Line[] {
  return Array.from({ length: random.between(1, depth === 2 ? 6 : 4) }, () => lineOf(random, depth))
}

function lineOf(random: Random, depth: number): Line {
  const draw = random.next()
  if (draw < 0.35)
    return { do: 'step', fails: random.pick([0, 0, 0, 1, 2]), bytes: random.pick([5, 5, 400, 1_500]) }
  if (draw < 0.5) return { do: 'sleep', ms: random.pick([0, 700, 5_000, 60_000, 5_400_000]) }
  if (draw < 0.6) return { do: 'signal' }
  if (draw < 0.75) return { do: random.pick(['emit', 'draw', 'patched'] as const) }
  if (depth === 0) return { do: 'step', fails: 0, bytes: 5 }
  if (draw < 0.87) return { do: 'child', lines: linesOf(random, depth - 1) }
  return {
    do: 'together',
    branches: Array.from({ length: random.between(1, 4) }, () => linesOf(random, depth - 1)),
  }
}

const loose = v.unknown() as unknown as v.GenericSchema<unknown, Json>
type Loose = typeof loose

export function tinyLoad(plan: TinyPlan): Load {
  const requests = plan.processes.flatMap(({ id, lines }, index): Request[] => [
    {
      do: 'start',
      process: id,
      kind: 'parent',
      input: { lines, at: id } as unknown as Json,
      atMs: index * 300,
      byMessage: plan.byMessage,
    },
    ...signalsOf(lines, id).map((name, nth): Request => ({
      do: 'signal',
      process: id,
      name,
      key: name,
      payload: name,
      atMs: 400 + nth * 900,
    })),
  ])
  return { requests, definitions: definitionsOf }
}

function definitionsOf(host: CodeHost): readonly AnyDefinition[] {
  const performer = (kind: string): ProcessDefinition<Loose, Loose> =>
    defineProcess({
      kind,
      input: loose,
      output: loose,
      limits: { maxStalls: 1_000 },
      async run(context, input) {
        const { lines, at } = input as unknown as { lines: readonly Line[]; at: string }
        const values = await perform(context, lines, at)
        host.record({ kind: 'ran-to-end', by: host.life, process: context.id })
        return values
      },
    })
  const child = performer('child')
  const perform = async (context: ProcessContext, lines: readonly Line[], at: string): Promise<Json> => {
    const values: Json[] = []
    for (const [index, line] of lines.entries())
      values.push(await performLine(context, line, `${at}/${index}`))
    return values
  }
  const performLine = async (context: ProcessContext, line: Line, name: string): Promise<Json> => {
    switch (line.do) {
      case 'step': {
        const body = ({ attempt }: { attempt: number }): string => {
          host.record({ kind: 'body', by: host.life, process: context.id, effect: name, attempt })
          if (attempt <= line.fails) throw new Error(`attempt ${attempt}`)
          return name.padEnd(line.bytes, '.')
        }
        return context.step(name, body, { retry: { maxAttempts: 3, initialDelay: { seconds: 5 } } })
      }
      case 'sleep':
        await context.sleep({ ms: line.ms }, name)
        return null
      case 'signal':
        // Children have no names that a caller could know before they are there.
        return context.id.startsWith('p') && !context.id.includes('.') ? context.signal(name) : null
      case 'emit':
        await context.emit(name, name)
        return null
      case 'draw':
        return [context.random() < 1, context.uuid().length, context.now() > 0]
      case 'patched':
        if (host.version > 0 && context.patched(name)) await context.step(`${name}+`, () => 'patched')
        return null
      case 'child':
        return context.run(child, { lines: line.lines, at: name })
      case 'together':
        return context.all(
          line.branches.map((each, branch) => () => perform(context, each, `${name}:${branch}`)),
        )
    }
  }
  return [child, performer('parent')]
}

function signalsOf(lines: readonly Line[], at: string): string[] {
  return lines.flatMap((line, index) => {
    const name = `${at}/${index}`
    if (line.do === 'signal') return [name]
    return line.do === 'together' ? line.branches.flatMap((each, n) => signalsOf(each, `${name}:${n}`)) : []
  })
}

function expected(lines: readonly Line[], at: string, top: boolean): Json {
  return lines.map((line, index): Json => {
    const name = `${at}/${index}`
    switch (line.do) {
      case 'step':
        return name.padEnd(line.bytes, '.')
      case 'signal':
        return top ? name : null
      case 'draw':
        return [true, 36, true]
      case 'child':
        return expected(line.lines, name, false)
      case 'together':
        return line.branches.map((each, branch) => expected(each, `${name}:${branch}`, top))
      case 'sleep':
      case 'emit':
      case 'patched':
        return null
    }
  })
}

/** What a crash-free run of each process comes to. Nothing in these programs depends on what came first. */
export function tinyExpectations(plan: TinyPlan): Expectations {
  return {
    processes: new Map(
      plan.processes.map(({ id, lines }) => {
        const calm = JSON.stringify(expected(lines, id, true))
        return [
          id,
          {
            allowed: ({ status, output }) => {
              const got = `${status} with ${JSON.stringify(output)}`
              return got === `completed with ${calm}` ? undefined : `expected ${calm}, got ${got}`
            },
          },
        ]
      }),
    ),
  }
}

/** Plans with something less in them, the biggest cuts first. */
export function smallerTiny(plan: TinyPlan): TinyPlan[] {
  const fewer =
    plan.processes.length > 1
      ? plan.processes.map((_, n) => ({ ...plan, processes: plan.processes.toSpliced(n, 1) }))
      : []
  const cut = plan.processes.flatMap((process, n) =>
    smallerLines(process.lines).map((lines) => ({
      ...plan,
      processes: plan.processes.with(n, { ...process, lines }),
    })),
  )
  return [...fewer, ...cut]
}

function smallerLines(lines: readonly Line[]): (readonly Line[])[] {
  return lines.flatMap((line, n) => [
    lines.toSpliced(n, 1),
    ...(line.do === 'child'
      ? smallerLines(line.lines).map((each) => lines.with(n, { ...line, lines: each }))
      : []),
    ...(line.do === 'together'
      ? line.branches.flatMap((branch, b) => [
          lines.with(n, { ...line, branches: line.branches.toSpliced(b, 1) }),
          ...smallerLines(branch).map((each) =>
            lines.with(n, { ...line, branches: line.branches.with(b, each) }),
          ),
        ])
      : []),
    ...(line.do === 'step' && (line.fails > 0 || line.bytes > 5)
      ? [lines.with(n, { do: 'step', fails: 0, bytes: 5 })]
      : []),
  ])
}
