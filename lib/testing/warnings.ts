import { consoleTelemetry } from '../telemetry/console.ts'
import type { Facts, Telemetry } from '../telemetry/port.ts'

type Tell = (to: Telemetry) => void
type WarningLine = { readonly facts: Facts; readonly tell: Tell }

/** Keeps what the kit's workers report of mistakes and failures, and hands it on: to the test's telemetry, or to its eyes. */
export class Warnings implements Telemetry {
  readonly #lines: WarningLine[] = []
  readonly #to: Telemetry
  readonly #given: boolean

  constructor(given: Telemetry | undefined) {
    this.#given = given !== undefined
    this.#to = given ?? consoleTelemetry((line) => void process.stderr.write(`${line}\n`))
  }

  /** Each line, with its error below. */
  get texts(): readonly string[] {
    return this.#lines.map(({ tell }) => textOf(tell))
  }

  /** The place that a line about this child names. */
  placeOfChild(child: string): string {
    const line = this.#lines.find(({ facts }) => facts['child'] === child)
    return typeof line?.facts['at'] === 'string' ? ` at ${line.facts['at']}` : ''
  }

  count(...told: Parameters<Telemetry['count']>): void {
    this.#to.count(...told)
  }

  measure(...told: Parameters<Telemetry['measure']>): void {
    this.#to.measure(...told)
  }

  info(message: string, facts?: Facts): void {
    // Of a run without mistakes a test wants to read nothing.
    if (this.#given) this.#to.info(message, facts)
  }

  warn(message: string, facts?: Facts, error?: unknown): void {
    this.#keep(facts, (to) => to.warn(message, facts, error))
  }

  error(message: string, error: unknown, facts?: Facts): void {
    this.#keep(facts, (to) => to.error(message, error, facts))
  }

  #keep(facts: Facts = {}, tell: Tell): void {
    this.#lines.push({ facts, tell })
    tell(this.#to)
  }
}

function textOf(tell: Tell): string {
  const lines: string[] = []
  tell(consoleTelemetry((line) => void lines.push(line)))
  return lines.join('\n')
}
