import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bearer, sigV4, unsigned, type Authenticator } from '../client/http/signing.ts'
import { CommandFailed } from './errors.ts'
import { EXIT } from './exit.ts'
import { SYSTEM_CLOCK } from '../host/system.ts'
import type { AwsIdentity } from './credentials.ts'
import type { QueueAccess } from './queues.ts'
import type { Target } from './target.ts'

/** Where a target is, and how requests to it are authenticated. */
export type ApiConnection = {
  readonly url: string
  readonly auth: Authenticator
  /** Of the package that made the stack, if a stack was read. */
  readonly version?: string
  /** Of a stack that was read: its queues. */
  readonly queues?: () => Promise<QueueAccess>
  readonly identity?: AwsIdentity
  /** Where that stack is. */
  readonly region?: string
}

type Means = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tokenCommand: string | undefined
}

/** Throws `CommandFailed` without credentials, and if the stack cannot be read. */
export async function reach(target: Target, means: Means): Promise<ApiConnection> {
  if (target.kind === 'stack') return ofStack(target, means)
  const { url } = target
  if (means.tokenCommand !== undefined) return { url, auth: await tokens(means.tokenCommand) }
  if (target.kind === 'local') {
    if (target.auth === 'none') return { url, auth: unsigned }
    if (target.auth === 'iam') return { url, auth: await localSignatures() }
    throw tokenNeeded('this local stack')
  }
  return isLoopback(url) ? { url, auth: unsigned } : { url, auth: await signatures(target) }
}

async function ofStack(
  target: Extract<Target, { kind: 'stack' }>,
  { env, tokenCommand }: Means,
): Promise<ApiConnection> {
  const [{ credentialsOf }, { readStack }] = await Promise.all([
    import('./credentials.ts'),
    import('./stack.ts'),
  ])
  const identity = await credentialsOf(target)
  const output = await readStack(target.stack, identity, env)
  const { api, region, version } = output
  const queues = async (): Promise<QueueAccess> =>
    (await import('./queues.ts')).queuesOfStack(output, identity)
  if (api === undefined)
    throw new CommandFailed(`the stack ${target.stack} has no API: deploy it with api: true`, EXIT.unknown)
  if (api.auth === 'iam') {
    const { credentials } = identity
    return {
      url: api.url,
      version,
      region,
      queues,
      identity,
      auth: sigV4({ region, service: 'execute-api', credentials }),
    }
  }
  if (tokenCommand === undefined) throw tokenNeeded(`the API of ${target.stack}`)
  return { url: api.url, version, region, queues, identity, auth: await tokens(tokenCommand) }
}

function tokenNeeded(what: string): CommandFailed {
  return new CommandFailed(
    `${what} takes tokens: give --token-command a command that prints one, or set LEASEHOLD_TOKEN_COMMAND`,
    EXIT.rights,
  )
}

async function localSignatures(): Promise<Authenticator> {
  const { LOCAL_CREDENTIALS } = await import('../local/credentials.ts')
  return sigV4({ region: 'us-east-1', service: 'execute-api', credentials: LOCAL_CREDENTIALS })
}

/** By the credentials that the AWS tools on this machine use. */
async function signatures(target: Extract<Target, { kind: 'api' }>): Promise<Authenticator> {
  const { credentialsOf } = await import('./credentials.ts')
  const { credentials, region } = await credentialsOf(target)
  const ofHost = /\.(?:execute-api|lambda-url)\.([a-z0-9-]+)\./u.exec(new URL(target.url).hostname)?.[1]
  return sigV4({ region: target.region ?? ofHost ?? region, service: 'execute-api', credentials })
}

function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname)
}

/** A token is used for as long: shorter than issuers let it live, and a `log -f` may run for days. */
const TOKEN_KEPT_MS = 240_000

async function tokens(command: string): Promise<Authenticator> {
  let kept = { token: await printedBy(command), until: SYSTEM_CLOCK.now() + TOKEN_KEPT_MS }
  return bearer(async () => {
    const now = SYSTEM_CLOCK.now()
    if (now >= kept.until) kept = { token: await printedBy(command), until: now + TOKEN_KEPT_MS }
    return kept.token
  })
}

async function printedBy(command: string): Promise<string> {
  const [shell, option] = process.platform === 'win32' ? ['cmd.exe', '/c'] : ['/bin/sh', '-c']
  let printed: string
  try {
    printed = (await promisify(execFile)(shell, [option, command], { encoding: 'utf8' })).stdout.trim()
  } catch (error) {
    // Its output may hold a secret, so the message names only its exit code.
    const { code } = error as { code?: unknown }
    throw new CommandFailed(`the token command ended with ${String(code)}`, EXIT.rights, error)
  }
  if (/^[\w.~+/=-]+$/u.test(printed)) return printed
  throw new CommandFailed('the token command printed no token on a line of its own', EXIT.rights)
}
