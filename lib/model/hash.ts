import { createHash, timingSafeEqual } from 'node:crypto'

/** SHA-256 of a text as base64url: of registrations and payloads, and of secrets, which are stored in no other form. */
export function hashOf(text: string): string {
  return createHash('sha256').update(text, 'utf8').digest('base64url')
}

/** Compares hashes of secrets in a time that does not tell how much of them is right. */
export function sameHash(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a, 'utf8'), Buffer.from(b, 'utf8')]
  return left.length === right.length && timingSafeEqual(left, right)
}
