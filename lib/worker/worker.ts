import type { EffectController } from '../effects/controller.ts'
import { DurabilityMismatch } from '../model/errors.ts'
import { parseProcessId } from '../model/ids.ts'
import { expectOptions, type Options } from '../model/options.ts'
import type { JsonCheck } from '../model/json.ts'
import type { Output, ProcessRecord } from '../model/record.ts'
import type { Registration, RegistrationInput } from '../model/registration.ts'
import { validateStart, expectToken } from '../effects/validate-start.ts'
import { workerParts, type WorkerConfig, type WorkerParts } from './config.ts'
import { drive, type DriveOptions, type DrivePass } from './drive.ts'
import { wakeUnlessRunning } from '../queue/wakeups.ts'
import { runToEnd } from './run-to-end.ts'
import { segmentRun, type ExecutionContext } from './execution.ts'

const EXECUTION: Options<ExecutionContext> = {
  beganAt: 'any',
  hardAt: 'any',
  remainingMs: 'function',
  shutdownSignal: 'any',
}
const DRIVE: Options<DriveOptions> = { signal: 'any', until: ['idle'] }

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
   * Registers the process (idempotently), claims it, runs it to its end and answers its output, whatever that is. One that
   * has ended answers its recorded output and runs nothing; one that another owner runs is waited for.
   *
   * `cancelSignal` is the caller's cancellation: once it fires, a cancel request with its reason is on record, the process
   * ends as its code decides, and that output is answered. Where it has fired before the call, the process is registered and
   * ends cancelled without running. The host's own shutdown is `executionContext.shutdownSignal`: the process is then handed
   * over, or ends abandoned where its recovery asks for that.
   *
   * Throws `InvalidId`, `UnknownKind`, `InvalidInput`, `PayloadTooLarge`, `RegistrationConflict`; `ProcessStuck`; the store's
   * errors; and `HostShutDown` where the host shuts down before the process has ended, which continues on another worker.
   */
  runProcess<Input>(
    registration: RegistrationInput<Input & JsonCheck<Input>>,
    executionContext: ExecutionContext = {},
    cancelSignal?: AbortSignal,
  ): Promise<Output> {
    return this.runProcessWithScopedEffectController<unknown>(
      registration,
      executionContext,
      this.#parts.controller,
      cancelSignal,
    )
  }

  /** `runProcess` with effects run by `controller`. Throws `DurabilityMismatch` besides. */
  async runProcessWithScopedEffectController<Input>(
    registration: RegistrationInput<Input & JsonCheck<Input>>,
    executionContext: ExecutionContext,
    controller: EffectController,
    cancelSignal?: AbortSignal,
  ): Promise<Output> {
    expectDurable(this.#parts, controller)
    expectOptions('the execution context', executionContext, EXECUTION)
    const valid = await validateStart(this.#parts, registration)
    await expectCompletable(this.#parts, valid)
    return runToEnd(this.#parts, valid, segmentRun(controller, executionContext), cancelSignal)
  }

  /**
   * Claims and runs what is due now, at most `concurrency` processes at a time: each until it ends or waits (for a time, a
   * signal, a child). One that waits needs a later pass, or a queue and a sweep beside this worker. With `until: 'idle'` the
   * pass also waits for due times, and drives each process to its end, until neither time nor this host can move another.
   * `waiting` names the processes that wait for a caller.
   *
   * Once `signal` or the host's shutdown signal fires, or too little time is left, the pass claims nothing more (C63), hands
   * over what it runs, and settles. One process that fails never stops it; any number of passes may run at once.
   */
  async drivePendingProcesses(
    executionContext: ExecutionContext = {},
    options: AbortSignal | DriveOptions = {},
  ): Promise<DrivePass> {
    expectOptions('the execution context', executionContext, EXECUTION)
    const asSignal = 'aborted' in options
    if (!asSignal) expectOptions('the options of the pass', options, DRIVE)
    const { signal, until }: DriveOptions = asSignal ? { signal: options } : options
    const run = segmentRun(this.#parts.controller, executionContext, signal)
    return await drive(this.#parts, run, { until })
  }

  /**
   * Asks a process to cancel. The run sees its abort signal fire and decides how it ends; one that was never started
   * ends cancelled without running. Asked again with another reason, the log has both and the first one counts. Throws
   * `InvalidId`, `UnknownProcess`, `ProcessEnded`.
   */
  async requestProcessCancel(id: string, reason?: string): Promise<ProcessRecord> {
    const { registry, clock } = this.#parts
    expectOptions('the request', { reason }, { reason: 'string' })
    const request = reason === undefined ? {} : { reason }
    const record = await registry.requestCancel(parseProcessId(id), request, clock.now())
    return wakeUnlessRunning(this.#parts, record)
  }
}

/** An external process that is not registered yet has no token, and without one no caller could ever complete it. */
async function expectCompletable({ registry }: WorkerParts, registration: Registration): Promise<void> {
  if (registration.recovery !== 'external') return
  if ((await registry.get(registration.id)) === undefined) expectToken(registration, undefined)
}

function expectDurable(parts: WorkerParts, controller: EffectController): void {
  if (controller.durable && !parts.registry.durable) {
    throw new DurabilityMismatch({ controller: controller.name, registry: parts.registry.name })
  }
}
