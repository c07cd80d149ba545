import { createHash } from 'node:crypto'

/** SHA-256 of a text as base64url: of registrations and payloads, and of secrets, which are stored in no other form. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}
