import { Sha256 } from '@aws-crypto/sha256-js'
import { SignatureV4 } from '@smithy/signature-v4'
import {
  otherVersionIn,
  readStackOutput,
  STACK_OUTPUT,
  type StackOutput,
} from '../client/http/stack-output.ts'
import type { AwsIdentity } from './credentials.ts'
import { CommandFailed } from './errors.ts'
import { EXIT } from './exit.ts'
import { versionOf } from './version.ts'

// One request to CloudFormation. Its client is 2 MB for this one question, and the signer is here anyway.

const TIMEOUT_MS = 20_000

/** What `DurableProcesses` wrote about itself into its stack. Throws `CommandFailed`. */
export async function readStack(
  stack: string,
  { region, credentials }: AwsIdentity,
  env: Readonly<Record<string, string | undefined>>,
): Promise<StackOutput> {
  const own = env['AWS_ENDPOINT_URL_CLOUDFORMATION'] ?? env['AWS_ENDPOINT_URL']
  const url = new URL(own ?? `https://cloudformation.${region}.amazonaws.com`)
  const body = String(
    new URLSearchParams({ Action: 'DescribeStacks', Version: '2010-05-15', StackName: stack }),
  )
  const signer = new SignatureV4({ region, service: 'cloudformation', credentials, sha256: Sha256 })
  const { headers } = await signer.sign({
    method: 'POST',
    protocol: url.protocol,
    hostname: url.hostname,
    path: '/',
    headers: { host: url.host, 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })
  const { host: _host, ...sent } = headers
  const { status, text } = await ask(url, sent, body)
  if (status !== 200) throw refusalOf({ stack, region, status, text })
  return outputOf(stack, text)
}

async function ask(
  url: URL,
  headers: Record<string, string>,
  body: string,
): Promise<{ readonly status: number; readonly text: string }> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS)
    const response = await fetch(new URL('/', url), {
      method: 'POST',
      headers,
      body,
      signal,
      redirect: 'error',
    })
    return { status: response.status, text: await response.text() }
  } catch (error) {
    throw new CommandFailed(
      `CloudFormation at ${url.host} cannot be reached: ${reasonOf(error)}`,
      EXIT.failed,
      error,
    )
  }
}

/** The outputs in an answer of CloudFormation, which always has them in this form. */
export function outputsIn(xml: string): ReadonlyMap<string, string> {
  const members = xml.matchAll(
    /<OutputKey>([^<]*)<\/OutputKey>\s*<OutputValue>([^<]*)<\/OutputValue>|<OutputValue>([^<]*)<\/OutputValue>(?:\s*<Description>[^<]*<\/Description>)?\s*<OutputKey>([^<]*)<\/OutputKey>/gu,
  )
  return new Map(
    [...members].map(([, key, value, valueFirst, keyLast]): [string, string] => [
      unescaped(key ?? keyLast ?? ''),
      unescaped(value ?? valueFirst ?? ''),
    ]),
  )
}

function outputOf(stack: string, xml: string): StackOutput {
  const named = [...outputsIn(xml)].flatMap(([key, value]) => (key.startsWith(STACK_OUTPUT) ? [value] : []))
  const found = named.flatMap((value) => readStackOutput(value) ?? [])
  const [first, second] = found
  if (second !== undefined)
    throw new CommandFailed(
      `the stack ${stack} has DurableProcesses twice: name the API by --api URL`,
      EXIT.usage,
    )
  if (first !== undefined) return first
  const [other] = named.flatMap((value) => otherVersionIn(value) ?? [])
  if (other !== undefined)
    throw new CommandFailed(
      `the stack ${stack} is of leasehold ${other}, and this command is of ${versionOf()}: run npx leasehold@${other}`,
    )
  throw new CommandFailed(
    `the stack ${stack} has no output ${STACK_OUTPUT}: deploy it with this version of leasehold, or name the API by --api URL`,
    EXIT.unknown,
  )
}

function refusalOf(said: { stack: string; region: string; status: number; text: string }): CommandFailed {
  const { stack, region, status, text } = said
  const [, code = `status ${status}`] = /<Code>([^<]*)<\/Code>/u.exec(text) ?? []
  const [, message = ''] = /<Message>([^<]*)<\/Message>/u.exec(text) ?? []
  if (code === 'ValidationError')
    return new CommandFailed(`no stack ${stack} in ${region}: look at --region and --profile`, EXIT.unknown)
  const exit = status === 403 || /Denied|Token|Signature/u.test(code) ? EXIT.rights : EXIT.failed
  const advice = exit === EXIT.rights ? '; the credentials need cloudformation:DescribeStacks' : ''
  return new CommandFailed(`CloudFormation refused ${stack}: ${code} ${unescaped(message)}${advice}`, exit)
}

const ENTITIES: Readonly<Record<string, string>> = { quot: '"', amp: '&', lt: '<', gt: '>', apos: "'" }

function unescaped(text: string): string {
  return text.replaceAll(
    /&(?:#x([\dA-Fa-f]+)|#(\d+)|(\w+));/gu,
    (all, hex?: string, decimal?: string, name?: string) => {
      if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
      if (decimal !== undefined) return String.fromCodePoint(Number(decimal))
      return ENTITIES[name ?? ''] ?? all
    },
  )
}

/** fetch says "fetch failed", and why in the cause. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as { message?: string; cause?: { message?: string } }
  return cause?.message ?? message ?? String(error)
}
