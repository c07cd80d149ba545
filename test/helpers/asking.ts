import * as v from 'valibot'
import { defineProcess } from '../../lib/effects/definition.ts'

/** A process that asks a caller, and the tokens that went out, oldest first. */
export function askingProcess() {
  const tokens: string[] = []
  const asking = defineProcess({
    kind: 'asking',
    input: v.unknown(),
    output: v.unknown(),
    async run(context) {
      const callback = await context.callback('c')
      await context.step('out', () => void tokens.push(callback.token))
      return callback.result()
    },
  })
  return { asking, tokens }
}
