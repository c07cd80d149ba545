import type { Accepted } from './dynamo/table.ts'

/** Which steps of which processes the table has on record. */
export class RecordedSteps {
  readonly #steps = new Set<string>()

  take({ pk, sk, after }: Accepted): void {
    if (sk !== 'PROCESS') return
    for (const { S = '' } of after?.['t']?.L ?? []) {
      if (!S.startsWith('["e"')) continue
      const [, , , effect, name] = JSON.parse(S) as unknown[]
      if (effect === 's') this.#steps.add(`${pk.slice(2)}\n${String(name)}`)
    }
  }

  has(process: string, step: string): boolean {
    return this.#steps.has(`${process}\n${step}`)
  }
}
