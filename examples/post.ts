import { NonRetryable } from '../lib/model/errors.ts'
import type { Json } from '../lib/model/json.ts'

/** Asks another system to do something, once for each key. */
export type Post = (request: {
  readonly url: string
  readonly body: Json
  readonly key: string
  readonly signal: AbortSignal
}) => Promise<Json>

/** By HTTP. Throws `NonRetryable` where the other system says no, and a plain `Error` where it had trouble of its own. */
export const post: Post = async ({ url, body, key, signal }) => {
  const reply = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': key },
    body: JSON.stringify(body),
    signal,
  })
  const text = await reply.text()
  if (reply.status >= 500) throw new Error(`${new URL(url).pathname} is down (${reply.status})`)
  if (!reply.ok) throw new NonRetryable(text)
  return JSON.parse(text) as Json
}
