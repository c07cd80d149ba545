import { environmentCredentials } from '../aws/credentials.ts'

// Stands in for the SDK's chain of credential providers when a handler is bundled (docs/decisions/bundles.md says why).

/** Named as the SDK's clients import it. */
export function defaultProvider(): typeof environmentCredentials {
  return environmentCredentials
}
