import type { EffectController } from '../effects/controller.ts'
import { DurabilityMismatch } from '../model/errors.ts'
import { parseProcessId } from '../model/ids.ts'
import type { Output, ProcessRecord } from '../model/record.ts'
import type { RegistrationInput } from '../model/registration.ts'
import { admit } from './queue/admit.ts'
import { workerParts, type WorkerConfig, type WorkerParts } from './config.ts'
import { drive, type DrivePass } from './drive.ts'
import { ringUnlessRunning } from './queue/park-bell.ts'
import { runToEnd } from './run-to-end.ts'
import type { ExecutionContext, SegmentRun } from './segment.ts'

/**
 * Runs durable processes on one host. It holds no state of its own: two workers on one config are the same worker, and
 * any worker can be rebuilt anywhere from its config.
 */
export class DurableProcessWorker {
  readonly config: WorkerConfig
  readonly #parts: WorkerParts

  /** Throws `InvalidConfig`, and `DurabilityMismatch` where the controller promises what the registry does not keep. */
  constructor(config: WorkerConfig) {
    this.config = config
    this.#parts = workerParts(config)
    expectDurable(this.#parts, this.#parts.controller)
  }

  /**
   * Registers the process (idempotently), claims it, runs it to its end and answers its output, whatever that is. One
   * that has ended answers its recorded output and runs nothing; one that another owner runs is waited for.
   *
   * Throws `InvalidId`, `UnknownKind`, `InvalidInput`, `PayloadTooLarge`, `RegistrationConflict`; `ProcessStuck`; the store's errors; and the signal's reason once `abortSignal` fires: the run then
   * hands over, so another worker goes on with it.
   */
  runProcess(
    registration: RegistrationInput,
    executionContext: ExecutionContext = {},
    abortSignal?: AbortSignal,
  ): Promise<Output> {
    return this.runProcessWithScopedEffectController(
      registration,
      executionContext,
      this.#parts.controller,
      abortSignal,
    )
  }

  /** `runProcess` with effects run by `controller`. Throws `DurabilityMismatch` besides. */
  async runProcessWithScopedEffectController(
    registration: RegistrationInput,
    executionContext: ExecutionContext,
    controller: EffectController,
    abortSignal?: AbortSignal,
  ): Promise<Output> {
    expectDurable(this.#parts, controller)
    const admitted = await admit(this.#parts, registration)
    const run = runOf(controller, executionContext, abortSignal)
    return runToEnd(this.#parts, admitted, run)
  }

  /**
   * One pass over all that is due: claims each process (one with a live lease is skipped), runs it with renewal and
   * writes its end. One that fails never stops the pass; any number of passes may run at once. At most `concurrency`
   * processes run at a time.
   */
  drivePendingProcesses(
    executionContext: ExecutionContext = {},
    abortSignal?: AbortSignal,
  ): Promise<DrivePass> {
    const { controller } = this.#parts
    const run = runOf(controller, executionContext, abortSignal)
    return drive(this.#parts, run)
  }

  /**
   * Asks a process to cancel. The run sees its abort signal fire and decides how it ends; one that was never started
   * ends cancelled without running. Throws `InvalidId`, `UnknownProcess`, `ProcessEnded`.
   */
  async requestProcessCancel(id: string, reason = 'no reason given'): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    const record = await registry.requestCancel(parseProcessId(id), { reason }, clock.now())
    return ringUnlessRunning(this.#parts, record)
  }
}

function runOf(
  controller: EffectController,
  execution: ExecutionContext,
  hostSignal: AbortSignal | undefined,
): SegmentRun {
  return { controller, execution, ...(hostSignal === undefined ? {} : { hostSignal }) }
}

function expectDurable(parts: WorkerParts, controller: EffectController): void {
  if (controller.durable && !parts.registry.durable) {
    throw new DurabilityMismatch({ controller: controller.name, registry: parts.registry.name })
  }
}
