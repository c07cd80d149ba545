import { MultiBar, Presets, type SingleBar } from 'cli-progress'

export type Out = NodeJS.WritableStream & { readonly isTTY?: boolean }

/** How far an import is: bytes of the file, rows in the table. */
export type Done = { readonly bytes: number; readonly rows: number }

/** Where an import is shown as it goes. */
export interface Progress {
  /** `pids`: the worker processes that live now; undefined once none is needed. */
  at(done: Done, pids: readonly number[] | undefined): void
  /** Something worth a line of its own, above the bar where there is one. */
  say(line: string): void
  stop(): void
}

/** Without a terminal a line is printed each time this much more of the file is done. */
const LINE_EVERY_SHARE = 0.1

export function showProgress(out: Out, totalBytes: number): Progress {
  return out.isTTY === true ? new BarProgress(out, totalBytes) : new LineProgress(out, totalBytes)
}

/** A bar that stays at the bottom, with the processes that one may kill. */
class BarProgress implements Progress {
  readonly #bars: MultiBar
  readonly #bar: SingleBar

  constructor(out: Out, totalBytes: number) {
    const format = '{bar} {percentage}%  {shownRows} rows  {pids}'
    this.#bars = new MultiBar({ format, stream: out, hideCursor: true, barsize: 30 }, Presets.rect)
    this.#bar = this.#bars.create(totalBytes, 0, { shownRows: '0', pids: '' })
  }

  at(done: Done, pids: readonly number[] | undefined): void {
    const kill = pids?.length === 0 ? 'waiting for a worker' : `kill -9 ${pids?.join(' ')}`
    this.#bar.update(done.bytes, { shownRows: shown(done.rows), pids: pids === undefined ? '' : kill })
  }

  say(line: string): void {
    this.#bars.log(`${line}\n`)
    this.#bars.update()
  }

  stop(): void {
    this.#bars.stop()
  }
}

class LineProgress implements Progress {
  readonly #out: Out
  readonly #totalBytes: number
  #nextShare = 0
  #pids = ''

  constructor(out: Out, totalBytes: number) {
    this.#out = out
    this.#totalBytes = totalBytes
  }

  at(done: Done, pids: readonly number[] | undefined): void {
    const now = pids?.join(' ') ?? ''
    if (now !== this.#pids && now !== '')
      this.say(`worker processes: ${now}  (kill -9 one: another continues)`)
    this.#pids = now
    const share = this.#totalBytes === 0 ? 1 : done.bytes / this.#totalBytes
    if (share < this.#nextShare || done.rows === 0) return
    this.#nextShare = (Math.floor(share / LINE_EVERY_SHARE) + 1) * LINE_EVERY_SHARE
    this.say(`${Math.floor(share * 100)}%  ${shown(done.rows)} rows`)
  }

  say(line: string): void {
    this.#out.write(`${line}\n`)
  }

  stop(): void {
    // Every line is out already.
  }
}

/** 1234567 → 1,234,567 */
export function shown(count: number): string {
  return count.toLocaleString('en-US')
}
