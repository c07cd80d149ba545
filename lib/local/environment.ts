import { randomBytes, randomUUID } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { moduleFile } from '../bundle/module-file.ts'
import { machineEnvironment, startChild, type ChildProgram, type ChildExit, type ChildLine } from './child.ts'
import { functionCredentials } from './credentials.ts'
import { HandlerUnusable } from './errors.ts'
import type { FunctionError } from './events.ts'
import { serveRuntimeApi, type RuntimeApi } from './runtime-api.ts'

/** Lambda gives initialisation 10 s; a laptop that starts many things at once gets more. */
const INIT_TIMEOUT_MS = 30_000
const ACCOUNT = '000000000000'
/** Of what it printed while loading, this many lines are kept for an error. */
const LINES_KEPT = 40

export type FunctionDescription = {
  /** `worker`: what events call it. Its function name is longer: `leasehold-worker`. */
  readonly label: string
  readonly functionName: string
  /** Absolute path of a module that exports `handler`. */
  readonly entry: string
  readonly timeoutMs: number
  readonly memoryMb: number
  readonly region: string
  readonly env: Readonly<Record<string, string>>
  /** Where a debugger may attach to its process. Two at once would want the same port. */
  readonly inspectPort?: number
}

/** How an invocation came out. Only after the first two the environment can be used again. */
export type InvocationOutcome =
  | { readonly kind: 'succeeded'; readonly payload: string }
  | { readonly kind: 'failed' | 'crashed' | 'timed-out'; readonly error: FunctionError }

/** One execution environment: a process of its own with one handler, one invocation at a time. */
export type ExecutionEnvironment = {
  readonly pid: number
  readonly ended: Promise<ChildExit>
  /** Never rejects. At the function's timeout the process is killed, whatever it does. */
  invoke(event: string): Promise<InvocationOutcome>
  /** Whether it was killed at the function's timeout. */
  timedOut(): boolean
  /** Kills it between two invocations, since other code takes its place. */
  end(): void
  /** Whether `end` was called while it lived. */
  endedByUs(): boolean
}

/**
 * Starts a process and loads the handler in it. Throws `HandlerUnusable` where the module cannot be loaded, has no
 * `handler`, or takes more than 30 s. The signal kills it, at any time.
 */
export async function startEnvironment(
  described: FunctionDescription,
  around: { readonly onLine: (line: ChildLine, pid: number) => void; readonly signal: AbortSignal },
): Promise<ExecutionEnvironment> {
  const api = await serveRuntimeApi()
  const printed: string[] = []
  const child = await startChild({
    script: moduleFile(import.meta, './bootstrap'),
    args: [described.entry],
    nodeArgs: described.inspectPort === undefined ? [] : [`--inspect=127.0.0.1:${described.inspectPort}`],
    env: environmentOf(described, api.address),
    onLine(line, pid) {
      printed.push(line.text)
      if (printed.length > LINES_KEPT) printed.shift()
      around.onLine(line, pid)
    },
  }).catch(async (error: unknown) => {
    await api.close()
    throw error
  })
  const { pid, ended } = child
  void ended.then(() => api.close())
  const { signal } = around
  const kill = () => void child.kill()
  signal.addEventListener('abort', kill)
  if (signal.aborted) kill()
  void ended.then(() => signal.removeEventListener('abort', kill))
  const failure = await initialised(api, child)
  if (failure !== undefined) {
    await child.kill()
    throw new HandlerUnusable({ entry: described.entry, reason: failure, output: printed.join('\n') })
  }
  let timedOut = false
  let endedByUs = false
  return {
    pid,
    ended,
    timedOut: () => timedOut,
    endedByUs: () => endedByUs,
    end() {
      endedByUs = true
      void child.kill()
    },
    invoke: (event) =>
      invoke({ api, child, described }, event, () => {
        timedOut = true
      }),
  }
}

async function initialised(api: RuntimeApi, child: ChildProgram): Promise<string | undefined> {
  const timer = new AbortController()
  try {
    return await Promise.race([
      api.ready.then((error) => error && `${error.type}: ${error.message}`),
      child.ended.then((end) => howItEnded(end)),
      pause(INIT_TIMEOUT_MS, `it was not ready after ${INIT_TIMEOUT_MS} ms`, { signal: timer.signal }),
    ])
  } finally {
    timer.abort()
  }
}

type EnvironmentParts = {
  readonly api: RuntimeApi
  readonly child: ChildProgram
  readonly described: FunctionDescription
}

async function invoke(
  { api, child, described }: EnvironmentParts,
  event: string,
  onTimeout: () => void,
): Promise<InvocationOutcome> {
  const { timeoutMs, functionName, region } = described
  const requestId = randomUUID()
  const timer = new AbortController()
  const answer = api.run({
    requestId,
    event,
    deadlineAt: Date.now() + timeoutMs,
    functionArn: `arn:aws:lambda:${region}:${ACCOUNT}:function:${functionName}`,
    traceId: `Root=1-${Math.floor(Date.now() / 1000).toString(16)}-${randomBytes(12).toString('hex')};Sampled=0`,
  })
  try {
    const first = await Promise.race([
      answer,
      child.ended.then((end) => ({ end })),
      pause(timeoutMs, 'timed-out' as const, { signal: timer.signal }),
    ])
    if (first === 'timed-out') {
      onTimeout()
      await child.kill()
      const message = `${requestId} Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`
      return { kind: 'timed-out', error: { type: 'Sandbox.Timedout', message } }
    }
    if ('end' in first) {
      const message = `RequestId: ${requestId} Error: Runtime exited with error: ${howItEnded(first.end)}`
      return { kind: 'crashed', error: { type: 'Runtime.ExitError', message } }
    }
    return first.ok ? { kind: 'succeeded', payload: first.payload } : { kind: 'failed', error: first.error }
  } finally {
    timer.abort()
  }
}

/** As Lambda words it: `exit status 1`, `signal: SIGKILL`. */
export function howItEnded({ code, signal }: ChildExit): string {
  return signal === null ? `exit status ${code}` : `signal: ${signal}`
}

function environmentOf(described: FunctionDescription, api: string): Record<string, string> {
  const { functionName, memoryMb, region, env } = described
  const { accessKeyId, secretAccessKey } = functionCredentials(described.label)
  const day = new Date().toISOString().slice(0, 10).replaceAll('-', '/')
  return {
    ...machineEnvironment(),
    TZ: ':UTC',
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    // No emulator looks at them, and no client sends a request without.
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(memoryMb),
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_LAMBDA_LOG_STREAM_NAME: `${day}/[$LATEST]${randomBytes(16).toString('hex')}`,
    AWS_LAMBDA_RUNTIME_API: api,
    ...env,
  }
}
