import { createHash } from 'node:crypto'
import type { Json } from '../../lib/model/json.ts'

// Processes to be killed, as data: what a worker performs, and what a model says that they come to. The model is plain
// arithmetic over the data, so it knows nothing of journals, leases or time.

/** Names are paths from the root, so each is there once in its process. */
export type Line =
  /** Its body takes `ms` and throws in its first `fails` attempts, of which there are `TRIES`. */
  | {
      readonly do: 'step'
      readonly name: string
      readonly ms: number
      readonly fails: number
      readonly bytes: number
    }
  | { readonly do: 'sleep'; readonly name: string; readonly ms: number }
  | { readonly do: 'signal' | 'emit'; readonly name: string }
  | { readonly do: 'child'; readonly name: string; readonly program: Program }
  | { readonly do: 'together'; readonly programs: readonly Program[] }
export type Program = readonly Line[]

/** Attempts of a step. */
export const TRIES = 3
/** A sleep that no run of chaos sees the end of: only a cancel ends it. */
const FOR_EVER_MS = 3_600_000

/** What a process of this program returns: a digest of every value that its effects came to, in their places. */
export function outputOf(program: Program): string {
  return digest(program.map(valueOf))
}

function valueOf(line: Line): Json {
  switch (line.do) {
    case 'step':
      return line.fails >= TRIES ? 'failed' : stepValue(line)
    case 'sleep':
    case 'emit':
      return null
    case 'signal':
      return payloadFor(line.name)
    case 'child':
      return outputOf(line.program)
    case 'together':
      return line.programs.map((program) => program.map(valueOf))
  }
}

export function stepValue(step: { readonly name: string; readonly bytes: number }): string {
  return step.name.padEnd(step.bytes, '.')
}

export function payloadFor(signal: string): Json {
  return { for: signal }
}

export function digest(values: readonly Json[]): string {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex')
}

/** The names of the signals that a process waits for; its children wait for none. */
export function signalsOf(program: Program): string[] {
  return program.flatMap((line) => {
    if (line.do === 'signal') return [line.name]
    return line.do === 'together' ? line.programs.flatMap(signalsOf) : []
  })
}

/** The children that it starts, and theirs, by id. */
export function childrenOf(id: string, program: Program): { id: string; program: Program }[] {
  return program.flatMap((line) => {
    if (line.do === 'together') return line.programs.flatMap((each) => childrenOf(id, each))
    if (line.do !== 'child') return []
    const child = childId(id, line.name)
    return [{ id: child, program: line.program }, ...childrenOf(child, line.program)]
  })
}

export function childId(parent: string, name: string): string {
  return `${parent}.${name.replaceAll('/', '_')}`
}

export type Random = () => number

/** A program of up to some twenty effects, seconds long. */
export function drawProgram(random: Random, at = 'p', depth = 0): Program {
  const count = 1 + Math.floor(random() * (depth === 0 ? 5 : 3))
  return Array.from({ length: count }, (_, index) => drawLine(random, `${at}/${index}`, depth))
}

function drawLine(random: Random, name: string, depth: number): Line {
  const what = random()
  if (what < 0.5 || depth >= 2) return drawStep(random, name)
  if (what < 0.62) return { do: 'sleep', name, ms: [5, 100, 600, 2_500][Math.floor(random() * 4)] ?? 5 }
  if (what < 0.66) return { do: 'emit', name }
  if (what < 0.78 && !name.startsWith('c')) return { do: 'signal', name }
  if (what < 0.88) return { do: 'child', name, program: drawProgram(random, `c${name}`, depth + 1) }
  const branches = 2 + Math.floor(random() * 2)
  const programs = Array.from({ length: branches }, (_, n) => drawProgram(random, `${name}:${n}`, depth + 1))
  return { do: 'together', programs }
}

function drawStep(random: Random, name: string): Line {
  return {
    do: 'step',
    name,
    ms: Math.floor(random() ** 2 * 300),
    fails: random() < 0.8 ? 0 : 1 + Math.floor(random() * TRIES),
    bytes: random() < 0.85 ? 20 : 1_500,
  }
}

/** One that comes to no end but by a cancel, and so does its child, where it has one. */
export function drawEndless(random: Random): Program {
  const rest: Line = { do: 'sleep', name: 'p/1', ms: FOR_EVER_MS }
  const first = drawStep(random, 'p/0')
  if (random() < 0.5) return [first, rest]
  const program: Program = [
    { do: 'step', name: 'cp/1/0', ms: 20, fails: 0, bytes: 20 },
    { ...rest, name: 'cp/1/1' },
  ]
  return [first, { do: 'child', name: 'p/1', program }]
}
