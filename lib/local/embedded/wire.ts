import { randomUUID } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { crc32 } from 'node:zlib'
import { bodyUpTo } from '../http-server.ts'
import type { Database } from './database.ts'
import { OPERATIONS } from './operations.ts'
import { malformed, Refusal, unknownOperation } from './refusal.ts'
import { RequestBody } from './request.ts'

/** "The maximum request size is 16 MB." */
const BODY_MAX_BYTES = 16 * 1_024 * 1_024
/** Of the versions of the API, the one there is. */
const SERVICES: ReadonlySet<string> = new Set(['DynamoDB_20120810', 'DynamoDBStreams_20120810'])

type Answer = { readonly status: number; readonly body: object }

/** One request, as DynamoDB's JSON 1.0 protocol has it. Signatures are not verified, but must be there. */
export async function answer(
  db: Database,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const raw = await bodyUpTo(request, BODY_MAX_BYTES)
  const { status, body } = carriedOut(() => operate(db, request, raw))
  const text = JSON.stringify(body)
  response.writeHead(status, {
    'content-type': 'application/x-amz-json-1.0',
    'content-length': Buffer.byteLength(text),
    'x-amzn-requestid': randomUUID(),
    'x-amz-crc32': crc32(text),
  })
  response.end(text)
}

/** What an operation returns or refuses. Any other error is the store's own, and is reported as one. */
function carriedOut(operate: () => object): Answer {
  try {
    return { status: 200, body: operate() }
  } catch (error) {
    const refusal =
      error instanceof Refusal
        ? error
        : new Refusal('InternalServerError', `The embedded store failed: ${String(error)}`, {}, 500)
    const { status, members, message } = refusal
    return { status, body: { __type: typeName(refusal.type), ...members, Message: message } }
  }
}

function operate(db: Database, request: IncomingMessage, raw: Buffer | undefined): object {
  const target = request.headers['x-amz-target']
  if (request.headers.authorization === undefined)
    throw new Refusal(
      'MissingAuthenticationToken',
      'Request must contain either a valid (registered) AWS access key ID or X.509 certificate.',
    )
  const [service = '', name = ''] = typeof target === 'string' ? target.split('.') : []
  if (!SERVICES.has(service))
    throw new Refusal(
      'InvalidAction',
      'The action or operation requested is invalid. Verify that the action is typed correctly.',
    )
  const operation = OPERATIONS.get(`${service}.${name}`)
  if (operation === undefined) throw unknownOperation(name)
  if (raw === undefined)
    throw new Refusal(
      'RequestEntityTooLargeException',
      `The request is larger than ${BODY_MAX_BYTES} bytes`,
      {},
      413,
    )
  return operation(db, new RequestBody(parsed(raw)))
}

function parsed(raw: Buffer): unknown {
  try {
    return JSON.parse(raw.toString('utf8'))
  } catch (error) {
    throw malformed(`The body is not JSON: ${String(error)}`)
  }
}

function typeName(type: string): string {
  return type === 'ValidationException' || type === 'SerializationException'
    ? `com.amazon.coral.validate#${type}`
    : `com.amazonaws.dynamodb.v20120810#${type}`
}
