import { siteOf, type Site } from '../model/site.ts'
import type { Facts } from '../telemetry/port.ts'
import { placeOf } from '../telemetry/stacks.ts'
import type { Tracer } from '../telemetry/trace.ts'

/** Frames between a body and the `await` of the author's code. */
const FRAMES = 40

type BodyRun = { readonly facts: Facts; readonly site: Site }

/** The bodies of steps that run in a kit, and where the code waits for each. */
export class Bodies implements Tracer {
  readonly #open = new Set<BodyRun>()

  async span<T>(
    name: Parameters<Tracer['span']>[0],
    facts: Facts,
    run: (tell: (facts: Facts) => void) => Promise<T>,
  ): Promise<T> {
    if (name !== 'step') return run(() => {})
    const body = { facts, site: siteOf(undefined, FRAMES) }
    this.#open.add(body)
    try {
      return await run(() => {})
    } finally {
      this.#open.delete(body)
    }
  }

  /** The bodies of a process that have not settled, in words. */
  of(id: string): readonly string[] {
    return [...this.#open]
      .filter(({ facts }) => facts['id'] === id)
      .map(({ facts, site }) => {
        const place = placeOf(site)
        return `step ${JSON.stringify(facts['name'])}${place === undefined ? '' : ` at ${place}`}`
      })
  }
}
