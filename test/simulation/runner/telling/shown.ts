import type { Violation } from '../../history.ts'
import type { Line } from './lines.ts'

const SHOWN_MAX = 3

/** Where in a story a promise was seen to be broken; undefined where it was only seen at its end. */
export function brokenAt(lines: readonly Line[], { fact, says }: Violation): number | undefined {
  const at = lines.findIndex(({ facts, text }) =>
    fact === undefined ? text === `meets a bug: ${says.slice(says.indexOf(' ') + 1)}` : facts.includes(fact),
  )
  return at === -1 ? undefined : at
}

/**
 * The lines that show a broken promise: the line that broke it, and before it those about the same effect, position, fence
 * or child. Without such lines they are the last ones about the process.
 */
export function linesThatShow(lines: readonly Line[], violation: Violation): Line[] {
  const at = brokenAt(lines, violation)
  const broken = at === undefined ? [] : lines.slice(at, at + 1)
  const before = lines.slice(0, at).filter(({ text }) => speaksOf(text, subjectOf(violation)))
  const words = wordsOf(violation.says)
  const same = before.filter(({ text }) => words.some((word) => speaksOf(text, word)))
  return [...(same.length > 0 ? same : before).slice(broken.length - SHOWN_MAX), ...broken]
}

function subjectOf({ process, says }: Violation): string {
  const named = process ?? /P#([^ /]+)/.exec(says)?.[1] ?? ''
  return named.startsWith('C#') ? `key ${named.slice(2)}` : named
}

/** What a report names that a line may name too. */
function wordsOf(says: string): readonly string[] {
  return [...says.matchAll(/position \d+|fence \d+|[\w:.-]+\/[\w:/+.-]+|\b\w+[.-]\d[\w.-]*/g)].map(
    ([word]) => word,
  )
}

/** As a word of its own: p1 is not p1.0, nor p1/0. */
function speaksOf(text: string, word: string): boolean {
  if (word === '') return true
  for (let from = text.indexOf(word); from !== -1; from = text.indexOf(word, from + 1)) {
    const [before, after] = [text[from - 1] ?? ' ', text.slice(from + word.length)]
    if (!/[\w.:/-]/.test(before) && !/^(\w|[.:/-]\w)/.test(after)) return true
  }
  return false
}
