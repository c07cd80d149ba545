import { SCOPES } from '../../api/route.ts'
import { bearer, sigV4, unsigned, type Authenticator } from '../../client/http/signing.ts'
import type { RunningConsole } from '../../console/listen.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../host/system.ts'
import { LOCAL_CREDENTIALS } from '../../local/credentials.ts'
import type { GatewayAuth } from '../../local/gateway/gateway.ts'
import { localToken } from '../../local/gateway/tokens.ts'
import type { DevFile } from '../../local/dev-file.ts'
import type { LocalStack } from '../../local/stack.ts'
import { deadLettersOf } from '../console-dead-letters.ts'
import { consoleTargetOf } from '../console-target.ts'
import { queuesOfTarget } from '../queues.ts'
import { serveConsoleOf } from '../serve-console.ts'
import { versionOf } from '../version.ts'
import type { DevOptions } from './dev-options.ts'

/** A caller with every scope. */
export const EVERYTHING = { sub: 'local', scope: SCOPES.map((scope) => `leasehold/${scope}`).join(' ') }

/** The queues of a local stack, as its file names them. */
export function queuesOf(stack: LocalStack): NonNullable<DevFile['queues']> {
  return {
    endpoint: stack.sqsEndpoint,
    region: stack.region,
    work: stack.queueUrl,
    urgent: stack.urgentQueueUrl,
    deadLetters: stack.deadLetterUrl,
  }
}

/** The console of a local stack that this program has started. Throws `CommandFailed` if its port is taken. */
export async function serveDevConsole(
  stack: LocalStack,
  {
    apiAuth = 'none',
    note,
    ...asked
  }: DevOptions['console'] & { readonly apiAuth?: GatewayAuth; readonly note: (text: string) => void },
): Promise<RunningConsole> {
  const { send } = await import('../../client/http/transport.ts')
  const { apiUrl, region } = stack
  const version = versionOf()
  const queues = queuesOf(stack)
  const local = { kind: 'local', by: 'leasehold dev', url: apiUrl, auth: apiAuth, queues } as const
  const target = consoleTargetOf(local, { write: true, versions: { console: version, stack: version } })
  const auth = authOf(apiAuth, region)
  const parts = { base: new URL(apiUrl), auth, fetch, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  const deadLetters = deadLettersOf(() => queuesOfTarget(local))
  return serveConsoleOf({ target, call: (call) => send(parts, call), deadLetters }, { ...asked, note })
}

function authOf(apiAuth: GatewayAuth, region: string): Authenticator {
  if (apiAuth === 'none') return unsigned
  if (apiAuth === 'jwt') return bearer(localToken(EVERYTHING))
  return sigV4({ region, service: 'execute-api', credentials: LOCAL_CREDENTIALS })
}
