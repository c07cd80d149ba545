/** An answer that refuses a request, as DynamoDB sends it: HTTP 400 or 500, a type, a message and sometimes more members. */
export class Refusal extends Error {
  override readonly name = 'Refusal'
  readonly type: string
  readonly status: number
  /** Members of the body beside type and message. */
  readonly members: Readonly<Record<string, unknown>>

  constructor(type: string, message: string, members: Readonly<Record<string, unknown>> = {}, status = 400) {
    super(message)
    this.type = type
    this.status = status
    this.members = members
  }
}

/** How a user reaches the operations and options that this store lacks. */
const REAL_ONE =
  'DynamoDB Local does: start the stack with --store dynamodb-local (it needs Java 11 or later), or run your own and set LEASEHOLD_DYNAMODB_ENDPOINT to its endpoint (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/DynamoDBLocal.html)'

export function invalid(message: string): Refusal {
  return new Refusal('ValidationException', message)
}

/** A parameter that DynamoDB knows and this store does not. */
export function unsupported(feature: string): Refusal {
  return invalid(`The embedded store does not support ${feature}; ${REAL_ONE}`)
}

export function unknownOperation(operation: string): Refusal {
  return new Refusal(
    'UnknownOperationException',
    `The embedded store does not support the operation ${operation}; ${REAL_ONE}`,
  )
}

/** The body is no JSON, or a member of it has another JSON type than the API's. */
export function malformed(message: string): Refusal {
  return new Refusal('SerializationException', message)
}

export function conditionFailed(item: unknown): Refusal {
  return new Refusal(
    'ConditionalCheckFailedException',
    'The conditional request failed',
    item === undefined ? {} : { Item: item },
  )
}

/** The item is part of a transaction of another client that is under way. */
export function transactionConflict(): Refusal {
  return new Refusal('TransactionConflictException', 'Transaction is ongoing for the item')
}

export function noTable(): Refusal {
  return new Refusal('ResourceNotFoundException', 'Cannot do operations on a non-existent table')
}
