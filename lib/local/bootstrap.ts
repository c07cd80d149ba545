import { Agent, request, type IncomingMessage } from 'node:http'
import { flushCompileCache } from 'node:module'
import { pathToFileURL } from 'node:url'
import { readableStack } from '../telemetry/stacks.ts'
import { dieWithParent } from './lifeline.ts'

// What Lambda's Node.js runtime does, in a process of its own: loads a module, asks the Runtime API for events and
// calls the module's `handler(event, context)`.
//
//   node bootstrap.ts <absolute path of the module>
//
// It speaks by node:http under imported names, since tracers patch fetch and http's own object, and would take the
// runtime's requests for the handler's.

type LambdaHandler = (event: unknown, context: LambdaContext) => unknown

/** What a handler reads of it; the callback style of older runtimes is gone from Node 24. */
type LambdaContext = {
  callbackWaitsForEmptyEventLoop: boolean
  readonly functionName: string
  readonly functionVersion: string
  readonly invokedFunctionArn: string
  readonly memoryLimitInMB: string
  readonly awsRequestId: string
  readonly logGroupName: string
  readonly logStreamName: string
  getRemainingTimeInMillis(): number
}

type BootstrapReply = { readonly headers: IncomingMessage['headers']; readonly body: string }

/** The exit codes of Lambda's runtime after an uncaught error, and after an unhandled rejection. */
const EXIT_UNCAUGHT = 129
const EXIT_UNHANDLED = 128

const env = process.env
const [host = '', port = ''] = (env['AWS_LAMBDA_RUNTIME_API'] ?? '').split(':')
const agent = new Agent({ keepAlive: true })
const [, , entry = ''] = process.argv

dieWithParent()
process.on('uncaughtException', (error) => fall(error, EXIT_UNCAUGHT))
process.on('unhandledRejection', (error) => fall(error, EXIT_UNHANDLED))
const handler = await load()
if (handler !== undefined) for (;;) await serveNext(handler)

async function load(): Promise<LambdaHandler | undefined> {
  try {
    const module: unknown = await import(pathToFileURL(entry).href)
    // Where NODE_COMPILE_CACHE names a folder. It is written at a regular exit, which no environment ever has.
    flushCompileCache()
    const found = (module as Record<string, unknown>)['handler']
    if (typeof found === 'function') return withoutCallback(found as LambdaHandler)
    throw Object.assign(new Error(`${entry} exports no function of the name handler`), {
      name: 'Runtime.HandlerNotFound',
    })
  } catch (error) {
    process.stderr.write(`${shown(error)}\n`)
    await call('POST', 'init/error', errorBody(error))
    process.exit(1)
  }
}

/** As Lambda does from Node 24 on, which a test on this machine would miss else. */
function withoutCallback(handler: LambdaHandler): LambdaHandler {
  if (handler.length < 3) return handler
  const message = `${entry}: handler takes ${handler.length} arguments. Lambda has no callback as a third one from Node 24 on: return a promise`
  throw Object.assign(new Error(message), { name: 'Runtime.CallbackHandlerDeprecated' })
}

async function serveNext(handler: LambdaHandler): Promise<void> {
  const { headers, body } = await call('GET', 'invocation/next')
  const requestId = header(headers, 'lambda-runtime-aws-request-id')
  env['_X_AMZN_TRACE_ID'] = header(headers, 'lambda-runtime-trace-id')
  let result: string
  try {
    result = JSON.stringify((await handler(JSON.parse(body), contextOf(headers, requestId))) ?? null)
  } catch (error) {
    process.stderr.write(`${shown(error)}\n`)
    await call('POST', `invocation/${requestId}/error`, errorBody(error))
    return
  }
  await call('POST', `invocation/${requestId}/response`, result)
}

/** An uncaught error ends the environment, and with it the invocation. */
function fall(error: unknown, code: number): void {
  process.stderr.write(`${shown(error)}\n`)
  process.exit(code)
}

function contextOf(headers: IncomingMessage['headers'], requestId: string): LambdaContext {
  const deadlineAt = Number(header(headers, 'lambda-runtime-deadline-ms'))
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName: env['AWS_LAMBDA_FUNCTION_NAME'] ?? '',
    functionVersion: env['AWS_LAMBDA_FUNCTION_VERSION'] ?? '',
    invokedFunctionArn: header(headers, 'lambda-runtime-invoked-function-arn'),
    memoryLimitInMB: env['AWS_LAMBDA_FUNCTION_MEMORY_SIZE'] ?? '',
    awsRequestId: requestId,
    logGroupName: env['AWS_LAMBDA_LOG_GROUP_NAME'] ?? '',
    logStreamName: env['AWS_LAMBDA_LOG_STREAM_NAME'] ?? '',
    getRemainingTimeInMillis: () => deadlineAt - Date.now(),
  }
}

/** Where the Runtime API is gone, so is this environment: it ends without a word. */
function call(method: 'GET' | 'POST', path: string, body?: string): Promise<BootstrapReply> {
  return new Promise((resolve) => {
    const gone = () => process.exit(0)
    const sent = request(
      { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, timeout: 0 },
      (answer) => {
        let text = ''
        answer.setEncoding('utf8')
        answer.on('data', (chunk: string) => {
          text += chunk
        })
        answer.once('end', () => resolve({ headers: answer.headers, body: text }))
        answer.once('error', gone)
      },
    )
    sent.once('error', gone)
    sent.end(body)
  })
}

function header(headers: IncomingMessage['headers'], name: string): string {
  const value = headers[name]
  return typeof value === 'string' ? value : ''
}

function errorBody(error: unknown): string {
  const { name, message, stack } =
    error instanceof Error ? error : { name: 'Error', message: String(error), stack: undefined }
  return JSON.stringify({
    errorType: name,
    errorMessage: message,
    trace: stack === undefined ? [] : stack.split('\n'),
  })
}

function shown(error: unknown): string {
  return error instanceof Error ? readableStack(error.stack ?? error.message) : String(error)
}
