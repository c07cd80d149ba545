import { expectConfig } from '../model/options.ts'
import { journaledContext } from './context.assemble.ts'
import type { EffectController, RunEffects, RunPorts } from './controller.ts'
import { Run } from './engine/run.ts'

/**
 * The durable controller: an effect whose outcome is in the log is not run again, any other is run and recorded under
 * the owner's fence. Effects are matched by the order in which the code asks for them, and by name.
 */
export class JournaledEffectController implements EffectController {
  readonly name = 'JournaledEffectController'
  readonly durable: boolean

  /** `durable: false` journals without the promise: for tests and simulation on a registry in memory. */
  constructor(options: { durable: boolean } = { durable: true }) {
    expectConfig(options, { durable: 'flag' })
    this.durable = options.durable
  }

  begin(ports: RunPorts): RunEffects {
    const run = new Run(ports)
    return {
      context: journaledContext(run),
      stopped: run.stopped,
      close: (how) => run.close(how),
      interrupted: () => run.interrupted(),
    }
  }
}
