// Headers of everything that the console serves.

/**
 * Only files of this server run or are shown, and only this server is asked. No text becomes markup or code: with Trusted Types
 * and no policy for them, a browser refuses `innerHTML` and its kin.
 */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  // The icon of the tab is in the page itself.
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
  "require-trusted-types-for 'script'",
  "trusted-types 'none'",
].join('; ')

export const HEADERS: Readonly<Record<string, string>> = {
  'content-security-policy': POLICY,
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  // An address may name a process.
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  // An answer may hold a payload, and the page belongs to the program that serves it now.
  'cache-control': 'no-store',
}
