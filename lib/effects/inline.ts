import { EffectRefused, StepFailed } from '../model/errors.ts'
import { factsOf } from '../model/failure.ts'
import type { Json } from '../model/json.ts'
import { contextOf, inStepBody } from './ambient.ts'
import type { StepContext } from './context.ts'
import type { EffectController, EffectScope, RunPorts } from './controller.ts'
import { toJson } from './serialise.ts'

/**
 * For hosts that want no journal: effects run where they stand and nothing of them is recorded, so a re-run does them
 * all again. Values and errors look as they do under the durable controller.
 */
export class InlineEffectController implements EffectController {
  readonly name = 'InlineEffectController'
  readonly durable = false

  begin(run: RunPorts): EffectScope {
    let positions = 0
    let closed = false
    const step = async <T extends Json | void>(
      name: string,
      body: (step: StepContext) => Promise<T> | T,
    ): Promise<T> => {
      const effect = `step ${JSON.stringify(name)}`
      if (closed) throw new EffectRefused({ effect, because: 'the run has ended' })
      if (inStepBody.getStore() !== undefined)
        throw new EffectRefused({ effect, because: 'it was asked for inside the body of a step' })
      const context = { idempotencyKey: `${run.id}/${positions++}`, abortSignal: run.abortSignal }
      run.abortSignal.throwIfAborted()
      try {
        const value = await inStepBody.run(name, async () => body(context))
        return (value === undefined ? undefined : toJson(value, `the value of ${effect}`)) as T
      } catch (error) {
        throw new StepFailed({ name, error: factsOf(error, 'step_failed') }, error)
      }
    }
    return {
      context: contextOf(run, { step, replaying: () => false }),
      stopped: new Promise(() => {}),
      close: () => {
        closed = true
        return Promise.resolve([])
      },
    }
  }
}
