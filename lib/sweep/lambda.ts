import type { Context } from 'aws-lambda'
import { sqsClient } from '../host/clients.ts'
import { doorbellOf, registryOf } from '../host/deployed.ts'
import { readEnvironment, warnOfUnknownVariables } from '../host/environment.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'
import { powertoolsTelemetry, withTelemetry } from '../telemetry/powertools.ts'
import { SweepMemory } from './memory.ts'
import { noteOf } from './note.ts'
import { passes } from './passes.ts'
import { sweep, type SweepPass } from './sweep.ts'

/**
 * The handler of the sweep function, for EventBridge Scheduler: one pass an invocation, or, where the schedule's minute is
 * too long, passes until shortly before the next invocation. Answers what they came to.
 */
export function sweepHandler(): (event: unknown, context: Context) => Promise<readonly SweepPass[]> {
  const environment = readEnvironment(process.env)
  const telemetry = powertoolsTelemetry({ service: environment.AWS_LAMBDA_FUNCTION_NAME })
  warnOfUnknownVariables(process.env, telemetry)
  const doorbell = doorbellOf(sqsClient(environment), environment)
  const registry = registryOf(environment)
  const memory = new SweepMemory()
  const [clock, everyMs] = [SYSTEM_CLOCK, environment.LEASEHOLD_SWEEP_EVERY_MS]
  const pass = async (): Promise<SweepPass> => {
    try {
      const made = await sweep({ registry, doorbell, clock, telemetry, memory, everyMs })
      await noteOf({ registry, clock, telemetry, everyMs }, made)
      return made
    } finally {
      // After each pass: an invocation that dies late has told of those before.
      telemetry.flush()
    }
  }
  return withTelemetry(telemetry, (_event, context) => {
    const remainingMs = () => context.getRemainingTimeInMillis()
    return passes(pass, { clock, telemetry, everyMs, forMs: environment.LEASEHOLD_SWEEP_FOR_MS, remainingMs })
  })
}
