import { createHash, timingSafeEqual } from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import { LOCAL_CREDENTIALS } from '../credentials.ts'
import type { GatewayAuthorizer } from './event.ts'
import { headersOf } from './event.ts'

const USER_ARN = 'arn:aws:iam::000000000000:user/local'
/** AWS refuses a signature that is older, or newer, than this. */
const SKEW_MAX_MS = 5 * 60_000

const HEADER =
  /^AWS4-HMAC-SHA256 Credential=([^/,\s]+)\/(\d{8})\/([^/,\s]+)\/([^/,\s]+)\/aws4_request, ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{64})$/u
const DATE = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/u

/**
 * Who signed a request, or undefined where it is not signed as it should be: by the local credentials, over this very
 * request, not long ago. It is signed again here and the signatures are compared. Policies are not looked at.
 */
export async function signerOf(
  request: IncomingMessage,
  body: Buffer,
): Promise<GatewayAuthorizer | undefined> {
  const headers = headersOf(request)
  const [, accessKeyId, day, region = '', service = '', names = '', given = ''] =
    HEADER.exec(headers['authorization'] ?? '') ?? []
  const at = dateOf(headers['x-amz-date'] ?? '')
  if (accessKeyId !== LOCAL_CREDENTIALS.accessKeyId || at === undefined) return undefined
  if (!(headers['x-amz-date'] ?? '').startsWith(day ?? '-')) return undefined
  if (Math.abs(Date.now() - at.getTime()) > SKEW_MAX_MS) return undefined
  // The signature covers the header; the receiver has to check that the header is the hash of this body.
  const hash = headers['x-amz-content-sha256']
  if (hash !== undefined && hash !== createHash('sha256').update(body).digest('hex')) return undefined
  const signer = new SignatureV4({
    credentials: LOCAL_CREDENTIALS,
    region,
    service,
    sha256: Sha256,
    // The AWS clients send the body's hash as a header and sign that too. curl does not.
    applyChecksum: names.split(';').includes('x-amz-content-sha256'),
  })
  const url = new URL(request.url ?? '/', `http://${headers['host'] ?? 'localhost'}`)
  const signed = await signer.sign(
    {
      method: request.method ?? 'GET',
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: queryOf(url.searchParams),
      headers: Object.fromEntries(names.split(';').map((name) => [name, headers[name] ?? ''])),
      ...(body.length === 0 ? {} : { body }),
    },
    { signingDate: at },
  )
  const wanted = HEADER.exec(signed.headers['authorization'] ?? '')
  const [expected = '', signedNames] = [wanted?.[6], wanted?.[5]]
  if (signedNames !== names || !timingSafeEqual(Buffer.from(expected), Buffer.from(given))) return undefined
  return {
    iam: {
      accountId: '000000000000',
      accessKey: accessKeyId,
      callerId: 'local',
      cognitoIdentity: null,
      principalOrgId: null,
      userId: 'local',
      userArn: USER_ARN,
    },
  }
}

function queryOf(search: URLSearchParams): Record<string, string[]> {
  return Object.fromEntries([...new Set(search.keys())].map((key) => [key, search.getAll(key)]))
}

function dateOf(text: string): Date | undefined {
  const [, year, month, day, hour, minute, second] = DATE.exec(text) ?? []
  return year === undefined ? undefined : new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`)
}
