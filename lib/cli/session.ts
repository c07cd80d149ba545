import type { HttpProcessClient } from '../client/http/client.ts'
import type { ApiCall, ApiReply } from '../client/http/transport.ts'
import type { CommonValues } from './common.ts'
import type { AwsIdentity } from './credentials.ts'
import type { QueueAccess } from './queues.ts'
import type { Target } from './target.ts'

/** A target that can be asked. */
export type Session = {
  readonly target: Target
  readonly url: string
  /** Of the package that made the stack, if the target is one. */
  readonly version?: string
  /** Its queues, with the operator's own rights. Throws `UsageError` if the target does not name them. */
  readonly queues: () => Promise<QueueAccess>
  /** Of a target that is a stack: the credentials and the Region that it was read with. */
  readonly identity?: AwsIdentity
  /** Where that stack is. */
  readonly region?: string
  readonly client: HttpProcessClient
  /** A request of the API, answered in its own shape. */
  readonly call: (call: ApiCall) => Promise<ApiReply>
}

export type SessionParts = {
  readonly common: CommonValues
  readonly env: Readonly<Record<string, string | undefined>>
  readonly cwd: string
  readonly note: (text: string) => void
}

/** Chooses the target and says so; nothing is asked of it yet. Throws `UsageError` and `CommandFailed`. */
export async function openSession({ common, env, cwd, note }: SessionParts): Promise<Session> {
  const { findDevFile } = await import('../local/dev-file.ts')
  const { findProject } = await import('./project.ts')
  const { chooseTarget, shownTarget } = await import('./target.ts')
  const config = findProject(cwd)
  const target = chooseTarget(common, { env, devFile: findDevFile(cwd), config })
  note(`target: ${shownTarget(target)}`)
  const { reach } = await import('./reach.ts')
  const { HttpProcessClient } = await import('../client/http/client.ts')
  const { send } = await import('../client/http/transport.ts')
  const { SYSTEM_CHANCE, SYSTEM_CLOCK } = await import('../host/system.ts')
  const tokenCommand =
    common['token-command'] ?? env['LEASEHOLD_TOKEN_COMMAND'] ?? config?.config.tokenCommand
  const reached = await reach(target, { env, tokenCommand })
  const { url, auth, version } = reached
  const { versionOf } = await import('./version.ts')
  if (version !== undefined && version !== versionOf())
    note(`the stack is of leasehold ${version}, and this command is of ${versionOf()}`)
  const parts = { base: new URL(url), auth, fetch, clock: SYSTEM_CLOCK, chance: SYSTEM_CHANCE }
  return {
    target,
    ...reached,
    queues: reached.queues ?? (async () => (await import('./queues.ts')).queuesOfTarget(target)),
    client: new HttpProcessClient({ url, auth }),
    call: (call) => send(parts, call),
  }
}
