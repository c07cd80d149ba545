import type { Random } from './programs.ts'
import type { RequestOutcome } from './proxy.ts'

/** One request in so many is befallen by each kind of trouble on the wire. */
const ONE_IN = 70
const DELAY_MAX_MS = 400

/** What befalls requests between the handlers and DynamoDB. */
export function requestOutcomes(random: Random): () => RequestOutcome {
  return () => {
    const drawn = random() * ONE_IN
    if (drawn < 1) return { do: 'delay', ms: 20 + random() * DELAY_MAX_MS }
    if (drawn < 1.5) return { do: 'drop-request' }
    if (drawn < 2) return { do: 'drop-reply' }
    if (drawn < 2.5) return { do: 'cut-request' }
    if (drawn < 3) return { do: 'cut-reply' }
    return { do: 'pass' }
  }
}
