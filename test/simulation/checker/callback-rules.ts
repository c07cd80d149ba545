import type { CodeFact, History, CallerFact } from '../history.ts'
import type { Expected } from './expectations.ts'
import type { ObservedProcess, Say } from './observed-process.ts'
import { textBehind } from './payloads.ts'
import { itemsEver, type Items } from './retention-rules.ts'
import { broken } from './violation.ts'
import { CALLBACK, hasEnded, REPLY, TAG, text, type StoredEntry } from './stored.ts'

/** A callback as the log has it, with all that was answered. Answers are told as facts tell them. */
type Callback = { readonly token: string; readonly position: number; readonly answers: readonly Answer[] }
type Answer = { readonly said: string | undefined; readonly entry: number }

/** A caller with a token can answer at once, and every run gives the same one: so it is on record before. */
export function tokenIsOnRecord(
  observed: ObservedProcess,
  { by, name, token }: Extract<CodeFact, { kind: 'gave-token' }>,
  index: number,
  say: Say,
): void {
  if (openedIn(observed).get(name)?.token === token) return
  const says = `${by} gives away a token of ${name} that is not on record`
  say(broken('only its token completes a callback', observed.id, index, says))
}

/**
 * Of each callback there is one answer: a caller with its token was told that it is accepted, and the process gets it.
 */
export function callbacksAreCompletedOnce(
  history: History,
  allObserved: ReadonlyMap<string, ObservedProcess>,
  expected: ReadonlyMap<string, Expected>,
  say: Say,
): void {
  const { facts } = history
  const items = itemsEver(history)
  const callbacks = new Map(
    [...allObserved.values()].map((observed) => [observed.id, callbacksOf(observed, items)]),
  )
  for (const observed of allObserved.values()) {
    const own = callbacks.get(observed.id) ?? new Map<string, Callback>()
    answersAreOfThose(observed, own, expected.get(observed.id), say)
    waitsGetTheFirst(observed, own, items, say)
  }
  for (const [index, fact] of facts.entries()) {
    if (fact.kind !== 'answered' && fact.kind !== 'took-answer') continue
    const callback = callbacks.get(fact.process)?.get(fact.name)
    const [first] = callback?.answers ?? []
    if (fact.kind === 'answered') acceptedIsOnRecord(fact, callback, index, say)
    else if (first?.said !== fact.answer)
      say(
        broken(
          'a callback is completed once',
          fact.process,
          index,
          `${fact.by} was given ${brief(fact.answer)} for ${fact.name}, and on record is ${brief(first?.said)}`,
        ),
      )
  }
}

function acceptedIsOnRecord(
  { process, name, token, answer }: Extract<CallerFact, { kind: 'answered' }>,
  callback: Callback | undefined,
  index: number,
  say: Say,
): void {
  if (token !== callback?.token) {
    const says = `an answer to ${name} was accepted under another token`
    return say(broken('only its token completes a callback', process, index, says))
  }
  const [first] = callback.answers
  if (first?.said === answer) return
  const says = `the answer ${brief(answer)} to ${name} was accepted, and on record is ${brief(first?.said)}`
  say(broken('a callback is completed once', process, index, says))
}

/** What is on record is there once, and is what a caller with the token says. */
function answersAreOfThose(
  observed: ObservedProcess,
  callbacks: ReadonlyMap<string, Callback>,
  expected: Expected | undefined,
  say: Say,
): void {
  for (const [name, { answers }] of callbacks) {
    if (answers.length > 1) {
      const says = `${name} is answered ${answers.length} times`
      say(broken('a callback is completed once', observed.id, undefined, says))
    }
    const foreseen = expected?.answers?.get(name)
    for (const { said = 'nothing' } of answers) {
      if (foreseen?.has(said) !== false) continue
      const says = `on record is ${brief(said)} for ${name}, which no caller with the token says`
      say(broken('only its token completes a callback', observed.id, undefined, says))
    }
  }
  const positions = new Set([...callbacks.values()].map(({ position }) => position))
  for (const [tag, , position] of observed.log.entries) {
    if (tag !== TAG.answer || positions.has(Number(position))) continue
    const says = `on record is an answer to position ${String(position)}, where no callback is`
    say(broken('only its token completes a callback', observed.id, undefined, says))
  }
}

/** A wait comes to the first answer or, where its owner had read of none when it claimed, to the end of its time. */
function waitsGetTheFirst(
  observed: ObservedProcess,
  callbacks: ReadonlyMap<string, Callback>,
  items: Items,
  say: Say,
): void {
  if (callbacks.size === 0) return
  const over = new Set<string>()
  for (const [index, [tag, , , effect, name, ...outcome]] of observed.log.entries.entries()) {
    if (tag !== TAG.effect || effect !== REPLY) continue
    over.add(String(name))
    const [form, error] = outcome
    // It was asked to cancel: that is judged by another rule.
    if (form === 0 && error === 'EffectRefused') continue
    const [first] = callbacks.get(String(name))?.answers ?? []
    const timedOut = form === 0 && error === 'WaitTimedOut'
    const right = timedOut
      ? first === undefined || first.entry >= observed.log.readBefore(index)
      : first !== undefined && first.said === answerIn(observed, outcome, items)
    if (right) continue
    const says = `the wait for ${String(name)} is recorded as ${brief(JSON.stringify(outcome))}, and the answer is ${brief(first?.said)}`
    say(broken('a callback is completed once', observed.id, undefined, says))
  }
  if (observed.row === undefined || hasEnded(observed.row)) return
  for (const [name, { answers }] of callbacks)
    if (answers.length > 0 && !over.has(name))
      say(
        broken(
          'a callback is completed once',
          observed.id,
          undefined,
          `${name} is answered, and it waits for it`,
        ),
      )
}

function callbacksOf(observed: ObservedProcess, items: Items): ReadonlyMap<string, Callback> {
  const opened = openedIn(observed)
  if (opened.size === 0) return new Map()
  const answers = observed.log.entries.flatMap(([tag, , position, ...outcome], entry) =>
    tag === TAG.answer ? [{ position, said: answerIn(observed, outcome, items), entry }] : [],
  )
  return new Map(
    [...opened].map(([name, callback]) => [
      name,
      { ...callback, answers: answers.filter(({ position }) => position === callback.position) },
    ]),
  )
}

function openedIn({ id, log }: ObservedProcess): ReadonlyMap<string, Omit<Callback, 'answers'>> {
  return new Map(
    log.entries.flatMap(([tag, , position, effect, name, form, secret]) =>
      tag === TAG.effect && effect === CALLBACK && form !== 0
        ? [
            [
              String(name),
              { position: Number(position), token: [id, position, secretIn(id, form, secret)].join('~') },
            ] as const,
          ]
        : [],
    ),
  )
}

/** As it is, or coded. */
function secretIn(id: string, form: unknown, secret: unknown): unknown {
  if (form === 1) return secret
  const json = textBehind(id, text(secret) ?? '', new Map())
  return json === undefined ? undefined : JSON.parse(json)
}

function answerIn(
  { id }: ObservedProcess,
  [form, value, , message]: StoredEntry,
  items: Items,
): string | undefined {
  if (form === 0) return `failed: ${String(message)}`
  if (form === 1) return JSON.stringify(value ?? null)
  return textBehind(id, text(value) ?? '', items())
}

function brief(text: string | undefined): string {
  if (text === undefined) return 'none'
  return text.length > 60 ? `${text.slice(0, 60)}…` : text
}
