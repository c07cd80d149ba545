/** Hands on one value after the other. A value that comes before the last one was taken replaces it. */
export class Newest<T> {
  #value: { readonly value: T } | undefined
  #ended = false
  #wake: (() => void) | undefined

  put(value: T): void {
    this.#value = { value }
    this.#wake?.()
  }

  /** Lets `next` return undefined from now on. */
  end(): void {
    this.#ended = true
    this.#wake?.()
  }

  async next(): Promise<T | undefined> {
    while (this.#value === undefined && !this.#ended)
      await new Promise<void>((resolve) => {
        this.#wake = resolve
      })
    const taken = this.#ended ? undefined : this.#value
    this.#value = undefined
    return taken?.value
  }
}
