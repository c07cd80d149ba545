/** What a worker tells the bench: a line of its output, such as `BENCH running recovery-1`. */
export type Word = {
  readonly word: 'running' | 'waiting' | 'done'
  readonly id: string
  readonly pid: number
}

const LINE = /^BENCH (running|waiting|done) (\S+)$/u

export function say(word: Word['word'], id: string): void {
  process.stdout.write(`BENCH ${word} ${id}\n`)
}

export function wordIn(line: string, pid: number): Word | undefined {
  const [, word, id = ''] = LINE.exec(line) ?? []
  return word === 'running' || word === 'waiting' || word === 'done' ? { word, id, pid } : undefined
}

/** Waits for words of workers. Each wait sees each word; a word that no wait is for is dropped. */
export class Words {
  /** Each returns true once it waits no more. */
  readonly #waits = new Set<(word: Word) => boolean>()

  heard(word: Word): void {
    for (const wait of this.#waits) if (wait(word)) this.#waits.delete(wait)
  }

  /** The next word of that kind about this id. */
  next(word: Word['word'], id: string): Promise<Word> {
    return new Promise((resolve) => {
      this.#waits.add((heard) => {
        const mine = heard.word === word && heard.id === id
        if (mine) resolve(heard)
        return mine
      })
    })
  }

  /** Resolves once the word was said about each of these. */
  all(word: Word['word'], ids: readonly string[]): Promise<void> {
    const missing = new Set(ids)
    return new Promise((resolve) => {
      this.#waits.add((heard) => {
        if (heard.word === word) missing.delete(heard.id)
        if (missing.size === 0) resolve()
        return missing.size === 0
      })
    })
  }
}
