import { createServer, type IncomingMessage, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { outputsIn, readStack } from '../../lib/cli/stack.ts'
import { STACK_OUTPUT } from '../../lib/client/http/stack-output.ts'
import { leasehold } from './cli.ts'

// CloudFormation runs nowhere but at AWS: here its answers come from a server that keeps to its documented form, and checks
// that a request is signed for it.

const OUTPUT = {
  v: 1,
  version: '0.1.0',
  region: 'eu-west-1',
  api: { url: 'http://127.0.0.1:1', auth: 'iam' },
  table: 't',
  queue: 'q',
  urgentQueue: 'u',
  deadLetters: 'd',
}

/** What of the output is another in the stack of this name. */
const OTHERS: Readonly<Record<string, object>> = { older: { version: '0.0.9' } }

let server: Server
let endpoint = ''
const asked: { authorization: string; body: string }[] = []
beforeAll(async () => {
  server = createServer((request, response) => {
    void answer(request).then(({ status, xml }) => response.writeHead(status).end(xml))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterAll(() => void server.close())

async function answer(request: IncomingMessage): Promise<{ status: number; xml: string }> {
  const body = await text(request)
  asked.push({ authorization: request.headers.authorization ?? '', body })
  const name = new URLSearchParams(body).get('StackName') ?? ''
  if (name === 'denied') return refusal(403, 'AccessDenied', 'User ops is not authorized')
  if (name === 'absent') return refusal(400, 'ValidationError', 'Stack with id absent does not exist')
  const output = name === 'newer' ? { v: 2, version: '2.0.0' } : { ...OUTPUT, ...OTHERS[name] }
  const escaped = JSON.stringify(output).replaceAll('"', '&quot;')
  const outputs = name === 'plain' ? '' : member(STACK_OUTPUT, escaped)
  const xml = `<DescribeStacksResponse><DescribeStacksResult><Stacks><member><Outputs>${member('Other', 'a&amp;b')}${outputs}</Outputs></member></Stacks></DescribeStacksResult></DescribeStacksResponse>`
  return { status: 200, xml }
}

function member(key: string, value: string): string {
  return `<member><OutputKey>${key}</OutputKey>\n<OutputValue>${value}</OutputValue></member>`
}

function refusal(status: number, code: string, message: string): { status: number; xml: string } {
  return {
    status,
    xml: `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`,
  }
}

const IDENTITY = {
  region: 'eu-west-1',
  credentials: () => Promise.resolve({ accessKeyId: 'AKID', secretAccessKey: 's' }),
}
const read = (stack: string) => readStack(stack, IDENTITY, { AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint })

describe('readStack()', () => {
  test('reads the output of a stack by a signed request', async () => {
    expect(await read('orders')).toEqual(OUTPUT)
    const { authorization, body } = asked.at(-1)!
    expect(authorization).toMatch(/^AWS4-HMAC-SHA256 Credential=AKID\/\d{8}\/eu-west-1\/cloudformation\//u)
    expect(body).toBe('Action=DescribeStacks&Version=2010-05-15&StackName=orders')
  })

  test.each([
    ['denied', 4, 'cloudformation:DescribeStacks'],
    ['absent', 3, 'no stack absent in eu-west-1'],
    ['plain', 3, 'has no output Leasehold'],
    [
      'newer',
      1,
      'the stack newer is of leasehold 2.0.0, and this command is of 0.1.0: run npx leasehold@2.0.0',
    ],
  ] as const)('refuses the stack %s with %i', async (stack, exit, says) => {
    await expect(read(stack)).rejects.toMatchObject({
      exit,
      message: expect.stringContaining(says) as string,
    })
  })
})

test('outputsIn() reads values with entities, before or after their keys', () => {
  const xml =
    '<OutputValue>a&lt;&#x41;&amp;</OutputValue><Description>d</Description><OutputKey>K</OutputKey>'
  expect([...outputsIn(xml)]).toEqual([['K', 'a<A&']])
})

describe('the command with --stack', () => {
  const AWS = {
    AWS_ACCESS_KEY_ID: 'AKID',
    AWS_SECRET_ACCESS_KEY: 's',
    AWS_REGION: 'eu-west-1',
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  }

  test('prints the stack before it asks, and ends with 3 when none has the name', async () => {
    const env = { ...AWS, AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint }
    const { code, out, err } = await leasehold('show p --stack absent', { env })
    expect({ code, out }).toEqual({ code: 3, out: '' })
    expect(err).toMatch(/^target: stack absent \(--stack\)\n.*no stack absent in eu-west-1/u)
  })

  test('says that the stack is of another version, and asks its API', async () => {
    const env = { ...AWS, AWS_ENDPOINT_URL_CLOUDFORMATION: endpoint }
    const { code, err } = await leasehold('show p --stack older', { env })
    expect(code).toBe(1)
    expect(err).toMatch(
      /^target: .*\nthe stack is of leasehold 0\.0\.9, and this command is of 0\.1\.0\nleasehold: /u,
    )
  })

  test('ends with 4 without credentials', async () => {
    const env = { ...AWS, AWS_ACCESS_KEY_ID: '', AWS_SECRET_ACCESS_KEY: '' }
    const { code, err } = await leasehold('show p --stack orders', { env })
    expect(code).toBe(4)
    expect(err).toContain('no AWS credentials')
    expect(err).toContain('--profile')
  })
})
