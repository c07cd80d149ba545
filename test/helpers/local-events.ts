import type { LocalEvent, OnLocalEvent } from '../../lib/local/events.ts'

/** Remembers the events of a local stack, and waits for some: the test's timeout is the limit. */
export class LocalEvents {
  readonly all: LocalEvent[] = []
  readonly #waiting = new Set<() => void>()

  readonly on: OnLocalEvent = (event) => {
    this.all.push(event)
    for (const look of this.#waiting) look()
  }

  /** All events of a type so far. */
  of<T extends LocalEvent['type']>(type: T): Extract<LocalEvent, { type: T }>[] {
    return this.all.filter((event): event is Extract<LocalEvent, { type: T }> => event.type === type)
  }

  /** What the fixtures' handlers told, as they print it: one JSON object a line. */
  told(): Record<string, unknown>[] {
    return this.of('log').flatMap(({ line }) =>
      line.startsWith('{"told"') ? [(JSON.parse(line) as { told: Record<string, unknown> }).told] : [],
    )
  }

  /** Resolves when the condition holds; it is looked at again after every event. */
  until(condition: (events: this) => boolean): Promise<void> {
    return new Promise((resolve) => {
      const look = () => {
        if (!condition(this)) return
        this.#waiting.delete(look)
        resolve()
      }
      this.#waiting.add(look)
      look()
    })
  }
}
