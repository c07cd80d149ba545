import type { Chance, Clock } from '../../model/clock.ts'
import { InvalidConfig } from '../../model/errors.ts'
import { expectConfig, type Options } from '../../model/options.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../host/system.ts'
import { unsigned, type Authenticator } from './signing.ts'
import type { Fetch, TransportParts } from './transport.ts'

export type HttpClientOptions = {
  /** Where the API is: `https://….execute-api.eu-west-1.amazonaws.com`. */
  readonly url: string
  /** `sigV4(…)`, `bearer(…)`; default none. */
  readonly auth?: Authenticator
  /** For proxies, agents and tests. Default the platform's. */
  readonly fetch?: Fetch
  readonly clock?: Clock
  readonly chance?: Chance
}

const OPTIONS: Options<HttpClientOptions> = {
  url: 'text',
  auth: 'function',
  fetch: 'function',
  clock: 'any',
  chance: 'any',
}

/** What requests are sent with. Throws `InvalidConfig` where the URL is none. */
export function transportOf(options: HttpClientOptions): TransportParts {
  expectConfig<HttpClientOptions>(options, OPTIONS)
  const { url, auth = unsigned, fetch = globalThis.fetch } = options
  const base = URL.parse(url)
  if (base === null)
    throw new InvalidConfig({ issues: [{ path: 'url', message: `expected a URL, got ${url}` }] })
  const { clock = SYSTEM_CLOCK, chance = SYSTEM_CHANCE } = options
  return { base, auth, fetch, clock, chance }
}
