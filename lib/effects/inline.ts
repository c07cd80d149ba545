import { inlineContext } from './context.assemble.ts'
import type { EffectController, RunEffects, RunPorts } from './controller.ts'

/**
 * For hosts that want no journal: effects run where they stand and nothing of them is recorded, so a re-run does them
 * all again, and a sleep is a timer. Values and errors look as they do under the durable controller. Signals,
 * callbacks, children and at-most-once steps need a journal and are refused.
 */
export class InlineEffectController implements EffectController {
  readonly name = 'InlineEffectController'
  readonly durable = false

  begin(ports: RunPorts): RunEffects {
    const run = { ports, positions: 0, ended: false }
    return {
      context: inlineContext(run),
      stopped: new Promise(() => {}),
      close: () => {
        run.ended = true
        return Promise.resolve([])
      },
      // Nothing is recorded, so another run does all of it again.
      interrupted: () => ['a run without a journal'],
    }
  }
}
