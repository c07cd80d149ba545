import { useEffect, useRef, useState } from 'preact/hooks'
import { refusalOf, type RequestRefused } from './api.ts'
import { after, isVisible, now, onVisibility } from './browser.ts'
import { afterPoll, isFinal, POLL_START, pollDelayMs, type PollState } from './model/polling.ts'

// Values that stay fresh while a person looks at them.

export type Live<Value> = {
  /** The newest that came, also beside a failure. */
  readonly value?: Value
  readonly failure?: RequestRefused
  /** When `value` came. */
  readonly at?: number
  /** Asks again at once. */
  readonly refresh: () => void
}

export type LiveOptions<Value> = {
  /** Changes no more, so the page asks seldom. */
  readonly ended?: (value: Value) => boolean
  /** Asked once, and again only by `refresh`. */
  readonly once?: boolean
}

type Held<Value> = Pick<Live<Value>, 'value' | 'failure' | 'at'> & { readonly key: string }

/** Loads under a key, and again while the page is visible: less often while nothing changes. */
export function useLive<Value>(
  key: string,
  load: (signal: AbortSignal) => Promise<Value>,
  options: LiveOptions<Value> = {},
): Live<Value> {
  const [held, setHeld] = useState<Held<Value>>({ key })
  const refreshing = useRef<() => void>(() => undefined)
  const newest = useRef({ load, options })
  newest.current = { load, options }
  useEffect(() => {
    const poll = new Poll<Value>(
      (signal) => newest.current.load(signal),
      () => newest.current.options,
      (more) => setHeld((before) => ({ ...(before.key === key ? before : {}), ...more, key })),
    )
    refreshing.current = () => poll.refresh()
    return () => poll.stop()
  }, [key])
  const { value, failure, at } = held.key === key ? held : {}
  return {
    ...(value !== undefined && { value }),
    ...(failure !== undefined && { failure }),
    ...(at !== undefined && { at }),
    refresh: () => refreshing.current(),
  }
}

class Poll<Value> {
  readonly #load: (signal: AbortSignal) => Promise<Value>
  readonly #options: () => LiveOptions<Value>
  readonly #tell: (more: { value?: Value; failure?: RequestRefused | undefined; at?: number }) => void
  readonly #stopVisibility: () => void
  #state: PollState = POLL_START
  #seen = ''
  #value: Value | undefined
  #cancel = (): void => undefined
  #running: AbortController | undefined
  #final = false

  constructor(
    load: (signal: AbortSignal) => Promise<Value>,
    options: () => LiveOptions<Value>,
    tell: (more: { value?: Value; failure?: RequestRefused | undefined; at?: number }) => void,
  ) {
    this.#load = load
    this.#options = options
    this.#tell = tell
    this.#stopVisibility = onVisibility(() => this.#wake())
    void this.#run()
  }

  refresh(): void {
    this.#state = POLL_START
    this.#final = false
    this.#running?.abort()
    void this.#run()
  }

  stop(): void {
    this.#cancel()
    this.#stopVisibility()
    this.#running?.abort()
    this.#final = true
  }

  #wake(): void {
    if (isVisible() && !this.#final && this.#options().once !== true) this.refresh()
    else this.#cancel()
  }

  async #run(): Promise<void> {
    this.#cancel()
    const running = new AbortController()
    this.#running = running
    try {
      const value = await this.#load(running.signal)
      if (running.signal.aborted) return
      const text = JSON.stringify(value)
      const changed = text !== this.#seen
      this.#seen = text
      this.#value = value
      this.#state = afterPoll(this.#state, changed ? 'changed' : 'unchanged')
      // What is the same again is not drawn again.
      this.#tell({ ...(changed && { value }), failure: undefined, at: now() })
    } catch (error) {
      if (running.signal.aborted) return
      const failure = refusalOf(error)
      this.#state = afterPoll(this.#state, 'failed')
      this.#final = isFinal(failure.status)
      this.#tell({ failure })
    }
    this.#next()
  }

  #next(): void {
    const { ended, once } = this.#options()
    if (this.#final || once === true || !isVisible()) return
    const isEnded = this.#value !== undefined && ended?.(this.#value) === true
    this.#cancel = after(pollDelayMs(this.#state, isEnded), () => void this.#run())
  }
}
