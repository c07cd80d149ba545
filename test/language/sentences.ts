import { sentencesIn, wordsIn } from '../helpers/pages.ts'

// How long the sentences of pages and comments are. A sentence has one idea, and a reader keeps some 25 words of it in mind.

/** No sentence of a mended folder is longer. */
export const SENTENCE_WORDS_MAX = 35
/** The aim of each folder, where it is reached. */
export const SENTENCE_AIM = { median: 16, p90: 28 } as const

/** The sentences of a file: of a page all, of code those of its comments. An indented block of a page is an example. */
export function sentencesOf(path: string, text: string): readonly string[] {
  if (path.endsWith('.ts')) return commentsIn(text).flatMap(sentencesIn)
  return path.endsWith('.md')
    ? sentencesIn(text.replaceAll(/^ {4,}.*$/gmu, '').replaceAll(/^ +\|/gmu, '|'))
    : []
}

export function longSentencesIn(path: string, text: string): readonly string[] {
  return sentencesOf(path, text).filter((sentence) => wordsIn(sentence) > SENTENCE_WORDS_MAX)
}

export type Lengths = { readonly median: number; readonly p90: number }

export function lengthsOf(sentences: readonly string[]): Lengths {
  const counts = sentences.map(wordsIn).toSorted((a, b) => a - b)
  return { median: quantile(counts, 0.5), p90: quantile(counts, 0.9) }
}

/** The value that so great a share of the sorted numbers does not exceed. */
function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0
}

/**
 * Comments without their marks: a block, or `//` lines that follow one another. A tag begins a comment of its own, and an
 * indented line is an example or a drawing.
 */
function commentsIn(code: string): readonly string[] {
  const comments: string[] = []
  let open: string[] = []
  const close = (): void => {
    if (open.length > 0) comments.push(open.join('\n'))
    open = []
  }
  for (const line of code.split('\n')) {
    const text = /^\s*(?:\/\*\*?|\*\/|\*(?!\w)|\/\/)\s?(.*?)(?:\*\/)?\s*$/u.exec(line)?.[1]
    if (text === undefined || text.startsWith('@')) close()
    if (text !== undefined && !text.startsWith('  ')) open.push(text.replace(/^@\w+\s*/u, ''))
    if (line.trimEnd().endsWith('*/')) close()
  }
  close()
  return comments
}
