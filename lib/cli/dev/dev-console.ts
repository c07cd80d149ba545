import { SCOPES } from '../../api/route.ts'
import { bearer, sigV4, unsigned, type Authenticator } from '../../client/http/signing.ts'
import type { RunningConsole } from '../../console/listen.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../host/system.ts'
import { LOCAL_CREDENTIALS } from '../../local/credentials.ts'
import type { GatewayAuth } from '../../local/gateway/gateway.ts'
import { localToken } from '../../local/gateway/tokens.ts'
import type { LocalStack } from '../../local/stack.ts'
import { consoleTargetOf } from '../console-target.ts'
import { serveConsoleOf } from '../serve-console.ts'
import { versionOf } from '../version.ts'
import type { DevOptions } from './dev-options.ts'

/** A caller with every scope. */
export const EVERYTHING = { sub: 'local', scope: SCOPES.map((scope) => `leasehold/${scope}`).join(' ') }

/** The console of a local stack that this program has started. Throws `CommandFailed` if its port is taken. */
export async function serveDevConsole(
  { apiUrl, region }: LocalStack,
  {
    apiAuth = 'none',
    note,
    ...asked
  }: DevOptions['console'] & { readonly apiAuth?: GatewayAuth; readonly note: (text: string) => void },
): Promise<RunningConsole> {
  const { send } = await import('../../client/http/transport.ts')
  const version = versionOf()
  const target = consoleTargetOf(
    { kind: 'local', by: 'leasehold dev', url: apiUrl, auth: apiAuth },
    { write: true, versions: { console: version, stack: version } },
  )
  const auth = authOf(apiAuth, region)
  const parts = { base: new URL(apiUrl), auth, fetch, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  return serveConsoleOf({ target, call: (call) => send(parts, call) }, { ...asked, note })
}

function authOf(apiAuth: GatewayAuth, region: string): Authenticator {
  if (apiAuth === 'none') return unsigned
  if (apiAuth === 'jwt') return bearer(localToken(EVERYTHING))
  return sigV4({ region, service: 'execute-api', credentials: LOCAL_CREDENTIALS })
}
