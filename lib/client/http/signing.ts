import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { expectConfig } from '../../model/options.ts'

/** A request as it is about to be sent. */
export type UnsignedRequest = {
  readonly method: 'GET' | 'POST'
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

/** What makes a request known to the platform: answers the headers to send. Asked anew for each try. */
export type Authenticator = (request: UnsignedRequest) => Promise<Readonly<Record<string, string>>>

export type SigningCredentials = {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Without authentication: for an API on your own machine. */
export const unsigned: Authenticator = (request) => Promise.resolve(request.headers)

/** A token that the API's issuer made, or whatever gets a fresh one. */
export function bearer(token: string | (() => string | Promise<string>)): Authenticator {
  return async ({ headers }) => {
    const current = typeof token === 'string' ? token : await token()
    return { ...headers, authorization: `Bearer ${current}` }
  }
}

/**
 * AWS Signature Version 4, by credentials or a provider of them, such as those of `@aws-sdk/credential-providers`.
 * `service` is `execute-api` for an HTTP API and `lambda` for a function URL.
 */
export function sigV4(options: {
  readonly region: string
  readonly service: 'execute-api' | 'lambda'
  readonly credentials: SigningCredentials | (() => Promise<SigningCredentials>)
}): Authenticator {
  expectConfig<typeof options>(options, {
    region: 'text',
    service: ['execute-api', 'lambda'],
    credentials: 'any',
  })
  const signer = new SignatureV4({ ...options, sha256: Sha256 })
  return async ({ method, url, headers, body }) => {
    const signed = await signer.sign({
      method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...headers, host: url.host },
      ...(body === undefined ? {} : { body }),
    })
    // fetch sets this one itself, to the same value.
    const { host: _host, ...rest } = signed.headers
    return rest
  }
}
