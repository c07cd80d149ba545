/** A refusal by a service of AWS, or a failure of its own. `name` is the service's code, without its namespace. */
export class ServiceRefused extends Error {
  override readonly name: string
  readonly $metadata: { readonly httpStatusCode: number; readonly requestId: string | undefined }

  constructor(code: string, message: string, metadata: ServiceRefused['$metadata']) {
    super(message)
    this.name = code
    this.$metadata = metadata
  }
}

/** The code of a reply without one: a load balancer before the service answers so. */
const NO_CODE = 'UnknownServiceError'

/**
 * The error in a reply of the JSON protocol. The fields that the service sends with a refusal (`Item`, `CancellationReasons`) become
 * fields of the error.
 */
export function refusalIn(
  status: number,
  body: unknown,
  headers: Readonly<Record<string, string | undefined>>,
): ServiceRefused {
  const fields = typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {}
  const { __type: type, message, Message, ...others } = fields
  const code = typeof type === 'string' ? (type.split('#').at(-1) ?? '') : (headers['x-amzn-errortype'] ?? '')
  const says = [message, Message].find((text) => typeof text === 'string') ?? `HTTP status ${status}`
  const [bare = ''] = code.split(':')
  const refused = new ServiceRefused(bare === '' ? NO_CODE : bare, says, {
    httpStatusCode: status,
    requestId: headers['x-amzn-requestid'],
  })
  return Object.assign(refused, others)
}
