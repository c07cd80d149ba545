import {
  ConditionalCheckFailedException,
  InternalServerError,
  ProvisionedThroughputExceededException,
  RequestLimitExceeded,
  ResourceNotFoundException,
  TransactionCanceledException,
  TransactionConflictException,
} from '@aws-sdk/client-dynamodb'
import { describe, expect, test } from 'vitest'
import {
  damageOf,
  fromAttributes,
  readFailure,
  refusedTransaction,
  refusedWrite,
} from '../../../lib/registry/store/refusals.ts'
import { transactionInProgress } from '../../helpers/faulty-client.ts'

const meta = { message: 'made up', $metadata: { httpStatusCode: 400 } }

function cancelled(...codes: string[]): TransactionCanceledException {
  const reasons = codes.map((Code) => ({
    Code,
    ...(Code === 'ConditionalCheckFailed' ? { Item: { f: { N: '4' } } } : {}),
  }))
  return new TransactionCanceledException({ ...meta, CancellationReasons: reasons })
}

describe('a failed write', () => {
  test('by its condition is an answer with the item that stood there', () => {
    const error = new ConditionalCheckFailedException({
      ...meta,
      Item: { f: { N: '4' }, s: { S: 'running' } },
    })
    expect(refusedWrite(error)).toEqual({ applied: false, found: { f: 4, s: 'running' } })
    const nothing = new ConditionalCheckFailedException(meta)
    expect(refusedWrite(nothing)).toEqual({ applied: false, found: undefined })
  })

  test('by anything else is no answer', () => {
    for (const error of [
      new InternalServerError({ ...meta }),
      cancelled('ConditionalCheckFailed'),
      'text',
      undefined,
    ]) {
      expect(refusedWrite(error)).toBeUndefined()
    }
  })
})

describe('a cancelled transaction', () => {
  test('is an answer when a condition failed, and says which', () => {
    expect(refusedTransaction(cancelled('None', 'ConditionalCheckFailed'))).toEqual({
      applied: false,
      failed: [undefined, { found: { f: 4 } }],
    })
  })

  test('is an answer when a condition failed and another write collided besides', () => {
    expect(refusedTransaction(cancelled('TransactionConflict', 'ConditionalCheckFailed'))).toMatchObject({
      applied: false,
    })
  })

  test('is no answer when nothing but a collision or a throttle stopped it, and is tried again', () => {
    for (const code of ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded']) {
      const error = cancelled('None', code)
      expect(refusedTransaction(error)).toBeUndefined()
      expect(readFailure(error)).toEqual({ again: true, maybeApplied: false, reason: code })
    }
  })

  test('is not tried again when a write was invalid, or no reason was given', () => {
    expect(readFailure(cancelled('TransactionConflict', 'ValidationError'))).toMatchObject({ again: false })
    expect(readFailure(cancelled('None', 'None'))).toMatchObject({ again: false })
    const bare = new TransactionCanceledException(meta)
    expect(refusedTransaction(bare)).toBeUndefined()
    expect(readFailure(bare)).toMatchObject({ again: false })
  })
})

describe('trouble', () => {
  const network = (code: string) => Object.assign(new Error('socket'), { code })
  const named = (name: string) => Object.assign(new Error('x'), { name })
  const status = (httpStatusCode: number) => Object.assign(new Error('x'), { $metadata: { httpStatusCode } })

  test('that was refused before anything was done is tried again, surely not applied', () => {
    const refusals = [
      new ProvisionedThroughputExceededException(meta),
      new RequestLimitExceeded(meta),
      new TransactionConflictException(meta),
      transactionInProgress(),
      named('ThrottlingException'),
    ]
    for (const error of refusals)
      expect(readFailure(error)).toMatchObject({ again: true, maybeApplied: false })
  })

  test('that may hide an applied write is tried again, in doubt', () => {
    const doubts = [
      network('ECONNRESET'),
      network('EPIPE'),
      network('ETIMEDOUT'),
      network('EAI_AGAIN'),
      named('TimeoutError'),
      status(500),
      status(503),
      new InternalServerError({ message: 'x', $metadata: { httpStatusCode: 500 } }),
    ]
    for (const error of doubts) expect(readFailure(error)).toMatchObject({ again: true, maybeApplied: true })
  })

  test('of any other kind is not tried again, and says what it was', () => {
    const finals = [
      new ResourceNotFoundException(meta),
      named('AccessDeniedException'),
      status(400),
      new TypeError('bug'),
    ]
    for (const error of finals) {
      expect(readFailure(error)).toEqual({ again: false, reason: `${error.name}: ${error.message}` })
    }
    const odd = Object.assign(new Error('x'), { $metadata: 'none', code: 7 })
    expect(readFailure(odd)).toMatchObject({ again: false })
    expect(readFailure(Object.assign(new Error('x'), { $metadata: {} }))).toMatchObject({ again: false })
    expect(readFailure('text')).toEqual({ again: false, reason: 'something that is no error was thrown' })
  })
})

describe('an item that is damaged', () => {
  test('by a number beyond what is exact reads as the nearest one, and not as another type', () => {
    const N = (text: string) => ({ N: text })
    expect(fromAttributes({ a: N('9007199254740993'), b: N('1e100'), c: N('7') })).toEqual({
      a: 9_007_199_254_740_992,
      b: 1e100,
      c: 7,
    })
  })

  test('is named when DynamoDB refuses to add to it, alone or in a transaction, and nowhere else', () => {
    const write = { do: 'update', key: { pk: 'P#a', sk: 'PROCESS' }, change: {} } as const
    const said = (message: string) => Object.assign(new Error(message), { name: 'ValidationException' })
    const words = 'An operand in the update expression has an incorrect data type'
    expect(damageOf(said(words), [write])?.message).toMatch(/^P#a\/PROCESS cannot be read/u)
    for (const digits of [
      'Attempting to store more than 38 significant digits in a Number',
      'DynamoDB only supports precision up to 38 digits',
    ])
      expect(damageOf(said(digits), [write])?.message).toMatch(/^P#a\/PROCESS cannot be read/u)
    expect(damageOf(said('The table is too hot'), [write])).toBeUndefined()
    expect(damageOf(new Error(words), [write])).toBeUndefined()
    const CancellationReasons = [{ Code: 'None' }, { Code: 'ValidationError', Message: words }]
    const refusal = new TransactionCanceledException({ ...meta, CancellationReasons })
    expect(damageOf(refusal, [{ ...write, key: { pk: 'x', sk: 'y' } }, write])?.message).toMatch(/^P#a/u)
  })
})
