import type { DevFile } from '../local/dev-file.ts'
import type { CommonValues } from './common.ts'
import { UsageError, NoTarget } from './errors.ts'
import type { ProjectConfig } from './project.ts'

/** What a command talks to, and which word named it. */
export type Target = { readonly by: string } & (
  | {
      readonly kind: 'local'
      readonly url: string
      readonly auth: 'none' | 'iam' | 'jwt'
      readonly queues?: DevFile['queues']
    }
  | {
      readonly kind: 'stack'
      readonly stack: string
      readonly region?: string
      readonly profile?: string
    }
  | { readonly kind: 'api'; readonly url: string; readonly region?: string; readonly profile?: string }
)

export type Surroundings = {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Of a local stack that lives, the nearest. */
  readonly devFile: { readonly path: string; readonly file: DevFile } | undefined
  /** What the project says, and where. */
  readonly config: { readonly path: string; readonly config: ProjectConfig } | undefined
}

type NamedTarget = Pick<CommonValues, 'local' | 'stack' | 'region' | 'profile' | 'api'>

/**
 * The first of these that names a target: the options, the environment, a local stack that runs here, the project. Throws
 * `UsageError` without a target, and for two of one rank: a wrong guess would change the wrong system.
 */
export function chooseTarget(named: NamedTarget, { env, devFile, config }: Surroundings): Target {
  const place = placeOf(named)
  const options = [
    ...(named.local === true ? ['--local'] : []),
    ...(named.stack === undefined ? [] : ['--stack']),
    ...(named.api === undefined ? [] : ['--api']),
  ]
  expectOne(options)
  if (named.local === true) {
    if (devFile !== undefined) return localTarget(devFile, '--local')
    throw new UsageError('--local: no local stack runs in this folder or above it; start one: leasehold dev')
  }
  if (named.stack !== undefined) return { kind: 'stack', by: '--stack', stack: named.stack, ...place }
  if (named.api !== undefined) return { kind: 'api', by: '--api', url: urlOf(named.api, '--api'), ...place }

  const { LEASEHOLD_STACK: stack = '', LEASEHOLD_API: api = '' } = env
  expectOne([...(stack === '' ? [] : ['LEASEHOLD_STACK']), ...(api === '' ? [] : ['LEASEHOLD_API'])])
  if (stack !== '') return { kind: 'stack', by: 'LEASEHOLD_STACK', stack, ...place }
  if (api !== '') return { kind: 'api', by: 'LEASEHOLD_API', url: urlOf(api, 'LEASEHOLD_API'), ...place }

  if (devFile !== undefined) return localTarget(devFile, devFile.path)
  if (config !== undefined) {
    const { stack, api } = config.config
    const configured = { ...placeOf(config.config), ...place }
    if (stack !== undefined) return { kind: 'stack', by: config.path, stack, ...configured }
    if (api !== undefined)
      return { kind: 'api', by: config.path, url: urlOf(api, config.path), ...configured }
  }
  throw new NoTarget(
    'no target: name one by --local, --stack NAME or --api URL, or by LEASEHOLD_STACK or LEASEHOLD_API; or start a local stack: leasehold dev',
  )
}

/** What is printed of a target before it is used. */
export function shownTarget(target: Target): string {
  switch (target.kind) {
    case 'local':
      return `local stack at ${target.url} (${target.by})`
    case 'stack': {
      const { stack, region, profile, by } = target
      const details = [region, profile === undefined ? undefined : `profile ${profile}`, by]
      return `stack ${stack} (${details.filter((each) => each !== undefined).join(', ')})`
    }
    case 'api':
      return `API at ${target.url} (${target.by})`
  }
}

function expectOne(names: readonly string[]): void {
  if (names.length > 1) throw new UsageError(`${names.join(' and ')} name two targets: keep one of them`)
}

function localTarget({ file }: NonNullable<Surroundings['devFile']>, by: string): Target {
  const { api: url, auth = 'none', queues } = file
  return { kind: 'local', by, url, auth, ...(queues === undefined ? {} : { queues }) }
}

function placeOf({ region, profile }: NamedTarget | ProjectConfig): {
  readonly region?: string
  readonly profile?: string
} {
  return {
    ...(region === undefined ? {} : { region }),
    ...(profile === undefined ? {} : { profile }),
  }
}

function urlOf(text: string, by: string): string {
  const url = URL.parse(text)
  if (url !== null && /^https?:$/u.test(url.protocol)) return text
  throw new UsageError(
    `${by}: expected a URL like https://….execute-api.eu-west-1.amazonaws.com, got ${text}`,
  )
}
