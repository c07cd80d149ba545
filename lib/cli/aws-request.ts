import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import type { AwsIdentity } from './credentials.ts'

const TIMEOUT_MS = 20_000

type AwsReply = { readonly status: number; readonly body: unknown }

/** One signed request to a service of AWS that answers in JSON. Throws what `fetch` throws. */
export async function awsRequest(
  { region, credentials }: AwsIdentity,
  asked: {
    readonly service: string
    readonly method: 'GET' | 'POST'
    readonly path: string
    readonly headers?: Readonly<Record<string, string>>
    readonly body?: string
  },
): Promise<AwsReply> {
  const { service, method, path, headers = {}, body } = asked
  const hostname = `${service}.${region}.amazonaws.com`
  const signer = new SignatureV4({ region, service, credentials, sha256: Sha256 })
  const request = { method, protocol: 'https:', hostname, path, headers: { host: hostname, ...headers } }
  const signed = await signer.sign(body === undefined ? request : { ...request, body })
  const { host: _host, ...sent } = signed.headers
  const response = await fetch(`https://${hostname}${path}`, {
    method,
    headers: sent,
    signal: AbortSignal.timeout(TIMEOUT_MS),
    redirect: 'error',
    ...(body === undefined ? {} : { body }),
  })
  const text = await response.text()
  return { status: response.status, body: text === '' ? {} : (JSON.parse(text) as unknown) }
}
