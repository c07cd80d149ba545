import type { ErrorFacts } from '../../../model/recorded-error.ts'
import type { Wait } from '../../../model/record.ts'

// Pieces of sentences about a process.

/** A sentence in parts, so that the page can link ids, tick times and isolate the texts of others. */
export type Part =
  | string
  | { readonly text: string }
  | { readonly name: string }
  | { readonly at: number }
  /** A moment by the clock, and beside now. */
  | { readonly until: number }
  | { readonly lasted: number }
  | { readonly process: string }
  | { readonly slot: string }
  | { readonly link: string; readonly label: string }
export type Sentence = readonly Part[]

/** What a wait is for, in words. */
export function waitParts(wait: Wait): Sentence {
  switch (wait.for) {
    case 'worker':
      return ['a free worker']
    case 'undeployed':
      return ['a worker with the kind ', { name: wait.kind }]
    case 'external':
      return ['the external system that completes it']
    case 'slot':
      return ['a free slot of ', { slot: wait.key }]
    case 'resume':
      return ['an operator who resumes it']
    case 'effects': {
      const named = wait.on.slice(0, 5).map((title) => titleParts(title))
      const more = wait.on.length > 5 ? [[`${wait.on.length - 5} more`]] : []
      const kinds = wait.on.length === 0 ? (wait.anyOf ?? []).map((kind) => [`any ${kind}`]) : []
      return [...named, ...more, ...kinds].flatMap((parts, index) =>
        index === 0 ? parts : [' or ', ...parts],
      )
    }
  }
}

/** A wait by its title, `signal "approve"`, in its two parts. */
export function titleOf(title: string): { readonly effect: string; readonly name: string } {
  const space = title.indexOf(' ')
  const [effect, rest] = space < 0 ? [title, ''] : [title.slice(0, space), title.slice(space + 1)]
  if (!rest.startsWith('"')) return { effect, name: rest }
  try {
    const name: unknown = JSON.parse(rest)
    return { effect, name: typeof name === 'string' ? name : rest }
  } catch {
    // A title that was cut has no closing quote.
    return { effect, name: rest.slice(1) }
  }
}

function titleParts(title: string): Sentence {
  const { effect, name } = titleOf(title)
  if (effect === 'child') return ['the child ', { process: name }]
  if (effect === 'sleep') return name === '' ? ['a sleep'] : ['the sleep ', { name }]
  if (effect === 'reply') return ['an answer to the callback ', { name }]
  if (effect === 'step') return ['the next attempt of step ', { name }]
  return [`the ${effect} `, { name }]
}

/** Names of signals that a process waits for. */
export function awaitedSignals(wait: Wait | undefined): readonly string[] {
  if (wait?.for !== 'effects') return []
  return wait.on
    .map((title) => titleOf(title))
    .flatMap(({ effect, name }) => (effect === 'signal' ? [name] : []))
}

export function errorParts({ class: name, code, message }: ErrorFacts): Sentence {
  const end = /[.!?]$/u.test(message) ? '' : '.'
  return [{ name }, ` (${code}): `, { text: message }, end]
}
