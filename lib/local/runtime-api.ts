import type { IncomingMessage, ServerResponse } from 'node:http'
import { InvariantBroken } from '../model/errors.ts'
import type { FunctionError } from './events.ts'
import { bodyUpTo, serveHttp } from './http-server.ts'

// The Runtime API that Lambda documents, for one execution environment:
//
//   GET  /2018-06-01/runtime/invocation/next            waits for an event
//   POST /2018-06-01/runtime/invocation/<id>/response   its result
//   POST /2018-06-01/runtime/invocation/<id>/error      or how it failed
//   POST /2018-06-01/runtime/init/error                 the handler could not be loaded
//
// The first `next` says that the environment is ready. It serves one invocation at a time.

const VERSION = '/2018-06-01'
/** Lambda takes no larger answer of an invocation (6 MB and a little). */
const ANSWER_MAX_BYTES = 6_291_556

type Invocation = {
  readonly requestId: string
  /** JSON. */
  readonly event: string
  /** When it will be killed: what `getRemainingTimeInMillis` counts down to. */
  readonly deadlineAt: number
  readonly functionArn: string
  readonly traceId: string
}

/** What the runtime answered: the result's JSON, or the error that it reported. */
type RuntimeAnswer =
  | { readonly ok: true; readonly payload: string }
  | { readonly ok: false; readonly error: FunctionError }

export type RuntimeApi = {
  /** `127.0.0.1:<port>`, for AWS_LAMBDA_RUNTIME_API. */
  readonly address: string
  /** Resolves at the first `next`: with the reported error where the handler could not be loaded. */
  readonly ready: Promise<FunctionError | undefined>
  /** Hands the event to the runtime, at once or at its next `next`. Stays open where it never answers. */
  run(invocation: Invocation): Promise<RuntimeAnswer>
  /** Drops all connections. */
  close(): Promise<void>
}

export async function serveRuntimeApi(): Promise<RuntimeApi> {
  const session = new RuntimeSession()
  // A `next` may wait for days.
  const { port, stop } = await serveHttp((request, response) => session.serve(request, response), {
    requestTimeoutMs: 0,
  })
  return {
    address: `127.0.0.1:${port}`,
    ready: session.ready,
    run: (invocation) => session.run(invocation),
    close: stop,
  }
}

type ActiveInvocation = { readonly invocation: Invocation; readonly answer: (answer: RuntimeAnswer) => void }

/** What stands between the one runtime and the one caller. */
class RuntimeSession {
  readonly ready: Promise<FunctionError | undefined>
  #settleReady: (error: FunctionError | undefined) => void = () => undefined
  /** The `next` that has no event yet. */
  #waiting: ServerResponse | undefined
  /** Not handed over yet. */
  #queued: ActiveInvocation | undefined
  #running: ActiveInvocation | undefined

  constructor() {
    this.ready = new Promise((resolve) => {
      this.#settleReady = resolve
    })
  }

  run(invocation: Invocation): Promise<RuntimeAnswer> {
    if (this.#queued !== undefined || this.#running !== undefined)
      throw new InvariantBroken('an environment serves one invocation at a time')
    return new Promise((resolve) => {
      this.#queued = { invocation, answer: resolve }
      this.#handOver()
    })
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url = '' } = request
    if (method === 'GET' && url === `${VERSION}/runtime/invocation/next`) return this.#next(response)
    const body = await bodyOf(request)
    if (method === 'POST' && url === `${VERSION}/runtime/init/error`) {
      this.#settleReady(reportedError(request, body))
      return reply(response, 202, { status: 'OK' })
    }
    const [, requestId, what] =
      new RegExp(`^${VERSION}/runtime/invocation/([^/]+)/(response|error)$`, 'u').exec(url) ?? []
    if (method !== 'POST' || what === undefined) return refuse(response, 404, 'NotFound')
    const running = this.#running
    if (running === undefined || running.invocation.requestId !== requestId)
      return refuse(response, 400, 'InvalidRequestID')
    this.#running = undefined
    if (what === 'error') {
      reply(response, 202, { status: 'OK' })
      return running.answer({ ok: false, error: reportedError(request, body) })
    }
    if (body === undefined) {
      refuse(response, 413, 'RequestEntityTooLarge')
      return running.answer({ ok: false, error: tooLarge() })
    }
    reply(response, 202, { status: 'OK' })
    running.answer({ ok: true, payload: body })
  }

  #next(response: ServerResponse): void {
    this.#waiting = response
    response.once('close', () => {
      if (this.#waiting === response) this.#waiting = undefined
    })
    this.#settleReady(undefined)
    this.#handOver()
  }

  #handOver(): void {
    const [response, queued] = [this.#waiting, this.#queued]
    if (response === undefined || queued === undefined) return
    this.#waiting = undefined
    this.#queued = undefined
    this.#running = queued
    const { requestId, event, deadlineAt, functionArn, traceId } = queued.invocation
    response.writeHead(200, {
      'Content-Type': 'application/json',
      'Lambda-Runtime-Aws-Request-Id': requestId,
      'Lambda-Runtime-Deadline-Ms': String(deadlineAt),
      'Lambda-Runtime-Invoked-Function-Arn': functionArn,
      'Lambda-Runtime-Trace-Id': traceId,
    })
    response.end(event)
  }
}

/** Undefined where it is larger than Lambda takes. */
async function bodyOf(request: IncomingMessage): Promise<string | undefined> {
  return (await bodyUpTo(request, ANSWER_MAX_BYTES))?.toString('utf8')
}

function reportedError(request: IncomingMessage, body: string | undefined): FunctionError {
  const type = request.headers['lambda-runtime-function-error-type']
  const { errorType, errorMessage } = parsedError(body)
  return {
    type: errorType ?? (typeof type === 'string' ? type : 'Runtime.Unknown'),
    message: errorMessage ?? 'the runtime gave no reason',
  }
}

function parsedError(body: string | undefined): { errorType?: string; errorMessage?: string } {
  try {
    const parsed: unknown = JSON.parse(body ?? '')
    if (typeof parsed !== 'object' || parsed === null) return {}
    const { errorType, errorMessage } = parsed as Record<string, unknown>
    return {
      ...(typeof errorType === 'string' ? { errorType } : {}),
      ...(typeof errorMessage === 'string' ? { errorMessage } : {}),
    }
  } catch {
    return {}
  }
}

function tooLarge(): FunctionError {
  return {
    type: 'Function.ResponseSizeTooLarge',
    message: `Response payload size exceeded maximum allowed payload size (${ANSWER_MAX_BYTES} bytes).`,
  }
}

function refuse(response: ServerResponse, status: number, errorType: string): void {
  reply(response, status, { errorMessage: errorType, errorType })
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(body))
}
