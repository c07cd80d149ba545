import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { bearer, sigV4, unsigned, type Authenticator } from '../client/http/signing.ts'
import { CommandFailed, Misused } from './errors.ts'
import { EXIT } from './exit.ts'
import type { Target } from './target.ts'

/** Where a target is, and how requests to it are authenticated. */
export type Reached = { readonly url: string; readonly auth: Authenticator }

type Means = {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly tokenCommand: string | undefined
}

/** Throws `CommandFailed` without credentials, and where the stack cannot be read. */
export async function reach(target: Target, means: Means): Promise<Reached> {
  if (target.kind === 'stack') throw new Misused('--stack is not known yet')
  const { url } = target
  if (means.tokenCommand !== undefined) return { url, auth: bearer(tokensOf(means.tokenCommand)) }
  if (target.kind === 'local') {
    if (target.auth === 'none') return { url, auth: unsigned }
    if (target.auth === 'iam') return { url, auth: await localSignatures() }
    throw new CommandFailed(
      'this local stack takes tokens (--api-auth jwt): give --token-command a command that prints one',
      EXIT.rights,
    )
  }
  return isLoopback(url) ? { url, auth: unsigned } : { url, auth: await signatures(target) }
}

async function localSignatures(): Promise<Authenticator> {
  const { LOCAL_CREDENTIALS } = await import('../local/credentials.ts')
  return sigV4({ region: 'us-east-1', service: 'execute-api', credentials: LOCAL_CREDENTIALS })
}

/** By the credentials that the AWS tools on this machine use. */
async function signatures(target: Exclude<Target, { kind: 'stack' | 'local' }>): Promise<Authenticator> {
  const { credentialsOf } = await import('./credentials.ts')
  const { credentials, region } = await credentialsOf(target)
  const ofHost = /\.(?:execute-api|lambda-url)\.([a-z0-9-]+)\./u.exec(new URL(target.url).hostname)?.[1]
  return sigV4({ region: target.region ?? ofHost ?? region, service: 'execute-api', credentials })
}

function isLoopback(url: string): boolean {
  const { protocol, hostname } = new URL(url)
  return protocol === 'http:' && /^(?:localhost|127(?:\.\d+){3}|\[::1\])$/u.test(hostname)
}

/** Runs the command once: a command line of this program is done before a token expires. */
function tokensOf(command: string): () => Promise<string> {
  let token: Promise<string> | undefined
  return () => (token ??= printedBy(command))
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
