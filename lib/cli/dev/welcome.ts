import type { GatewayAuth } from '../../local/gateway/gateway.ts'
import { localToken } from '../../local/gateway/tokens.ts'
import type { LocalStack } from '../../local/stack.ts'
import { EVERYTHING } from './dev-console.ts'
import { styled } from './printing.ts'

/** What a person needs of a stack that is up. `brief`: an example continues from here. */
export function welcome(
  stack: LocalStack,
  {
    tookMs,
    dataDir,
    apiAuth,
    brief,
    own,
    consoleUrl,
  }: {
    tookMs: number
    dataDir: string | undefined
    apiAuth: GatewayAuth
    brief: boolean
    own?: OwnDefinitions
    consoleUrl?: string
  },
): string {
  const up = styled('bold', `Leasehold is up (${(tookMs / 1000).toFixed(1)} s).`)
  if (brief) return up
  const ttl = `${stack.timings.leaseTtlMs / 1000} s`
  const facts = [
    ...(consoleUrl === undefined ? [] : [['console', consoleUrl]]),
    ['API', `${stack.apiUrl}  (GET /openapi.json tells its routes)`],
    ...factsOf(own),
    ['table', `${stack.tableName} at ${stack.dynamoEndpoint}`],
    ['queue', stack.queueUrl],
    ['dead letters', stack.deadLetterUrl],
    [
      'state',
      dataDir === undefined ? 'in memory, gone at the end (--data DIR keeps it)' : `kept in ${dataDir}`,
    ],
    ['worker', `kill -9 ${stack.workerPids().join(' ')}   and another takes over within ${ttl}`],
  ]
  return [
    `${up} Ctrl-C stops it.`,
    '',
    ...facts.map(([name = '', value = '']) => `  ${styled('dim', name.padEnd(13))} ${value}`),
    '',
    'Start a process, and wait for its result:',
    '',
    startCommand(stack, apiAuth, startOf(own)),
    '',
    'or by a message to the queue:',
    '',
    messageCommand(stack, startOf(own)),
    '',
    ...(own === undefined ? ['or see one from end to end: npm start -- --example import', ''] : []),
  ].join('\n')
}

/** Definitions of a project, and the module that they come from. */
export type OwnDefinitions = {
  readonly entry: string
  readonly kinds: readonly string[]
  readonly inspectPort: number | undefined
}

function factsOf(own: OwnDefinitions | undefined): readonly (readonly string[])[] {
  if (own === undefined) return []
  return [
    ['processes', `${own.kinds.join(', ')}  (${own.entry}; a save is taken in at once)`],
    ...(own.inspectPort === undefined ? [] : [['debugger', `attach to 127.0.0.1:${own.inspectPort}`]]),
  ]
}

type ExampleStart = { readonly id: string; readonly kind: string; readonly input: object }

const START: ExampleStart = { id: 'canary-1', kind: 'canary', input: { echo: 'hello' } }

/** Its input is for the reader to fill in. */
function startOf(own: OwnDefinitions | undefined): ExampleStart {
  const [kind] = own?.kinds ?? []
  return kind === undefined ? START : { id: `${kind}-1`, kind, input: {} }
}

const KNOWN_BY: Readonly<Record<GatewayAuth, string>> = {
  none: '',
  iam: `--aws-sigv4 aws:amz:us-east-1:execute-api --user local:local `,
  jwt: '-H "Authorization: Bearer $TOKEN" ',
}

/** With curl, which is everywhere. */
function startCommand({ apiUrl }: LocalStack, apiAuth: GatewayAuth, start: ExampleStart): string {
  const curl = `curl -s ${KNOWN_BY[apiAuth]}`
  return [
    ...(apiAuth === 'jwt' ? [`  TOKEN=${localToken(EVERYTHING)}`] : []),
    `  ${curl}${apiUrl}/v1/processes -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(start)}'`,
    `  ${curl}'${apiUrl}/v1/processes/${start.id}/result?waitMs=20000'`,
  ].join('\n')
}

/** The emulator takes unsigned requests. */
function messageCommand({ sqsEndpoint, queueUrl }: LocalStack, start: ExampleStart): string {
  const message = JSON.stringify({ v: 1, type: 'start', ...start })
  const body = JSON.stringify({ QueueUrl: queueUrl, MessageBody: message })
  return [
    `  curl -s ${sqsEndpoint} \\`,
    `    -H 'Content-Type: application/x-amz-json-1.0' -H 'X-Amz-Target: AmazonSQS.SendMessage' \\`,
    `    -d '${body}'`,
  ].join('\n')
}
