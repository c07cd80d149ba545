import type { Status } from '../../../lib/model/record.ts'
import type { Concurrency, OnParentEnd } from '../../../lib/model/registration.ts'

/**
 * A small program as plain data. Where an effect needs a name it is made of the line's place, so no two of a world are
 * alike. What a program answers depends on no race but those that a line names: a fault may change who comes first.
 */
export type Program = readonly Line[]
export type Line =
  /** Fails so many times before it succeeds. Where that is more than it may be tried, it fails for good and is caught. */
  | {
      readonly do: 'step'
      readonly fails: number
      readonly tries: number
      readonly delayMs: number
      readonly bytes: number
      /** How long each attempt's body is at work; absent: it is done at once. */
      readonly takesMs?: number
    }
  /** A step whose body may begin once. */
  | { readonly do: 'once'; readonly bytes: number }
  | { readonly do: 'sleep'; readonly ms: number }
  /** Names are of the process, so several lines may wait for the same. */
  | { readonly do: 'signal'; readonly name: string; readonly timeoutMs?: number }
  /** What is done with its token stands here too: it is given away in a step, so no caller knows it before. */
  | {
      readonly do: 'callback'
      readonly answers: readonly Answer[]
      readonly timeoutMs?: number
      /** Between giving the token away and waiting for the answer. */
      readonly restMs?: number
      /** The longest silence, and when the holder of the token says that it is still at work. */
      readonly heartbeatMs?: number
      readonly beatsMs?: readonly number[]
    }
  | { readonly do: 'emit'; readonly bytes: number }
  /** What is drawn is kept by a step too, so that a re-run which draws anew is seen. */
  | { readonly do: 'draw'; readonly what: 'now' | 'random' | 'uuid' }
  /** Code of version 1 and later takes one more step here. */
  | { readonly do: 'patched' }
  /** A child that is waited for; that it did not complete is caught. */
  | { readonly do: 'child'; readonly child: ChildPlan }
  /** A child that no wait takes. */
  | { readonly do: 'start'; readonly child: ChildPlan; readonly onParentEnd: OnParentEnd }
  /** An event, and with it a second child under the id of one that it has started: that start is refused. */
  | { readonly do: 'clash'; readonly bytes: number; readonly child: ChildPlan }
  /** A child that is started twice under one id and with one input: it stands already, and is awaited. */
  | { readonly do: 'twice'; readonly restMs: number; readonly child: ChildPlan }
  /** So many events at once. */
  | { readonly do: 'flood'; readonly count: number; readonly bytes: number }
  /** A step that a bad deploy gives another name, once it is on record. */
  | { readonly do: 'shaky' }
  | { readonly do: 'together'; readonly branches: readonly Program[]; readonly atOnce?: number }
  /** A step whose attempts have a time limit. A body that heeds its signal stops when it fires. */
  | {
      readonly do: 'limited'
      readonly takesMs: number
      readonly timeoutMs: number
      readonly tries: number
      readonly heeds: boolean
    }
  /** A sleep until a moment, counted from when the world begins. */
  | { readonly do: 'until'; readonly atMs: number }
  /** Branches side by side; where `settle` is set, each may fail and all are gathered. */
  | {
      readonly do: 'gather'
      readonly how: 'all' | 'map'
      readonly branches: readonly { readonly program: Program; readonly fails: boolean }[]
      readonly settle: boolean
      readonly atOnce?: number
    }
  /** Lines, and then clean-up under a shield, however the lines came to their end. */
  | { readonly do: 'guarded'; readonly program: Program; readonly cleanUp: Program }

export const LINE_KINDS = [
  'step',
  'once',
  'sleep',
  'signal',
  'callback',
  'emit',
  'draw',
  'patched',
  'child',
  'start',
  'clash',
  'twice',
  'flood',
  'shaky',
  'together',
  'limited',
  'until',
  'gather',
  'guarded',
] as const satisfies readonly Line['do'][]

/** The answers of a caller with a callback's token. The same answer twice comes from two callers. */
export type Answer = {
  /** After the token was given away. */
  readonly afterMs: number
  readonly says: 'x' | 'y'
  readonly bytes: number
  /** It reports a failure. */
  readonly fails: boolean
  /** By a caller that does not know the secret. */
  readonly forged: boolean
}

export type ProcessPlan = {
  readonly program: Program
  /** Its owner's death is its end: recovery `abandon`. */
  readonly frail: boolean
  /** It throws once its lines are done. */
  readonly throws: boolean
}
/** A named child has an id that is known before it is there, so that others can talk to it. */
export type ChildPlan = ProcessPlan & { readonly named: boolean }
export type RootPlan = ProcessPlan & {
  readonly id: string
  readonly slot?: Concurrency
  readonly options?: RootOptions
  /** A caller completes it; it has no lines. */
  readonly external?: true
}
/** What a start says besides the program. Times are since the world began. */
export type RootOptions = {
  readonly startAtMs?: number
  readonly scope?: string
  readonly urgent?: true
  readonly timeoutMs?: number
  readonly retentionMs?: number
}

/** What a caller asks for. */
export type Ask = { readonly atMs: number; readonly process: string } & (
  | { readonly do: 'start'; readonly byMessage: boolean }
  /** A start message that no worker can accept: its kind is deployed nowhere, or its input does not fit. */
  | { readonly do: 'misstart'; readonly why: 'kind' | 'input'; readonly startAtMs?: number }
  | { readonly do: 'signal'; readonly name: string; readonly key: string; readonly bytes: number }
  | { readonly do: 'cancel' }
  | { readonly do: 'abandon' }
  /** Of an external process, by a caller with its token or guesses. */
  | {
      readonly do: 'complete'
      readonly says: 'x' | 'y'
      readonly bytes: number
      readonly fails: boolean
      readonly forged: boolean
    }
  /** Page after page, of a kind or a scope. Its process is none. */
  | {
      readonly do: 'list'
      readonly by: { readonly kind: string } | { readonly scope: string }
      readonly limit: number
      readonly status?: Status
    }
)

/** Programs of a world, and what is asked of them. */
export type Plan = {
  readonly roots: readonly RootPlan[]
  readonly asks: readonly Ask[]
  readonly whenStuck?: readonly WhenStuck[]
}
/** What people do about a process each time that it gets stuck. */
export type WhenStuck = {
  readonly do: 'resume' | 'cancel'
  readonly process: string
  readonly afterMs: number
}

export type Kind = 'steady' | 'frail' | 'outer'

export function kindOf({ frail, external }: ProcessPlan & Pick<RootPlan, 'external'>): Kind {
  if (external === true) return 'outer'
  return frail ? 'frail' : 'steady'
}

/** The secret that completes an external process. */
export function tokenOf(id: string): string {
  return `the token of ${id}`.padEnd(24, '.')
}

/** What is said of how an external process ended. */
export function completionOf(ask: Extract<Ask, { do: 'complete' }>): string {
  return textOf(`${ask.process} ${ask.forged ? 'forged' : ask.says}`, ask.bytes)
}

export type WithChild = Extract<Line, { readonly child: ChildPlan }>

export function hasChild(line: Line): line is WithChild {
  return line.do === 'child' || line.do === 'start' || line.do === 'clash' || line.do === 'twice'
}

/** Where in a world's programs a line stands. */
export function placeOf(at: string, index: number): string {
  return `${at}/${index}`
}

export function branchOf(place: string, branch: number): string {
  return `${place}:${branch}`
}

/** The id of a named child, made of the place that starts it. */
export function idAt(place: string): string {
  return place.replaceAll('/', '-')
}

/** A text of about so many bytes that begins with what it is. */
export function textOf(what: string, bytes: number): string {
  return what.padEnd(bytes, '.')
}

/** What a signal says, which its key decides. */
export function payloadOf({ key, bytes }: { readonly key: string; readonly bytes: number }): string {
  return textOf(key, bytes)
}

/** What an answer to the callback at this place says. One that is forged says what no other does. */
export function answerOf(place: string, { says, bytes, forged }: Answer): string {
  return textOf(`${place} ${forged ? 'forged' : says}`, bytes)
}

/** Each line of one process with its place, those of its branches too, and those of its children not. */
export function placesOf(program: Program, at: string): readonly (readonly [string, Line])[] {
  return program.flatMap((line, index) => {
    const place = placeOf(at, index)
    const inside = partsOf(line, place).flatMap(([part, within]) => placesOf(part, within))
    return [[place, line] as const, ...inside]
  })
}

/** Programs that stand inside a line and belong to the same process, each with its place. */
export function partsOf(line: Line, place: string): readonly (readonly [Program, string])[] {
  if (line.do === 'together')
    return line.branches.map((branch, nth) => [branch, branchOf(place, nth)] as const)
  if (line.do === 'gather')
    return line.branches.map(({ program }, nth) => [program, branchOf(place, nth)] as const)
  if (line.do === 'guarded')
    return [
      [line.program, branchOf(place, 0)],
      [line.cleanUp, cleanUpOf(place)],
    ]
  return []
}

/** Where the clean-up of a guarded line stands, and the step that opens it. */
export function cleanUpOf(place: string): string {
  return `${place}!`
}

export function openingOf(place: string): string {
  return `${place}<`
}

/** The step that makes a gathered branch fail. */
export function failureOf(branch: string): string {
  return `${branch}x`
}

/**
 * Kinds that a deploy may leave out for a while. A start message of a kind that is not deployed is refused for good, so
 * those that a message starts stay.
 */
export function kindsThatMayGo({ roots, asks }: Plan): readonly Kind[] {
  const byMessage = asks.flatMap((ask) => (ask.do === 'start' && ask.byMessage ? [ask.process] : []))
  const needed = new Set(roots.filter(({ id }) => byMessage.includes(id)).map(kindOf))
  const ran = (['steady', 'frail'] as const).filter((kind) => !needed.has(kind))
  // Nothing of an external process has to be deployed.
  return roots.some(({ external }) => external === true) ? [...ran, 'outer'] : ran
}

/** A frail process whose owner has no hard end is never proven dead: where there are any, no server may run them. */
export function needsHardEnds({ roots }: Plan): boolean {
  const frail = (process: ProcessPlan): boolean =>
    process.frail || placesOf(process.program, '').some(([, line]) => hasChild(line) && frail(line.child))
  return roots.some(frail)
}
