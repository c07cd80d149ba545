import type { HttpProcessClient } from '../client/http/client.ts'
import type { Authenticator } from '../client/http/signing.ts'
import type { CommonValues } from './common.ts'
import type { Target } from './target.ts'

/** A target that can be asked. */
export type Session = {
  readonly target: Target
  readonly url: string
  readonly client: HttpProcessClient
}

export type SessionParts = {
  readonly common: CommonValues
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly note: (text: string) => void
}

/** Chooses the target and says so; nothing is asked of it yet. Throws `Misused` and `CommandFailed`. */
export async function openSession({ common, env, cwd, note }: SessionParts): Promise<Session> {
  const [{ findDevFile }, { findProject }, { chooseTarget, shownTarget }, { HttpProcessClient }] =
    await Promise.all([
      import('../local/dev-file.ts'),
      import('./project.ts'),
      import('./target.ts'),
      import('../client/http/client.ts'),
    ])
  const config = findProject(cwd)
  const target = chooseTarget(common, { env, devFile: findDevFile(cwd), config })
  note(`target: ${shownTarget(target)}`)
  const { reach } = await import('./reach.ts')
  const tokenCommand =
    common['token-command'] ?? env['LEASEHOLD_TOKEN_COMMAND'] ?? config?.config.tokenCommand
  const { url, auth }: { url: string; auth: Authenticator } = await reach(target, { env, tokenCommand })
  return { target, url, client: new HttpProcessClient({ url, auth }) }
}
