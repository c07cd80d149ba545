import { createRequire } from 'node:module'

/** Of this package: it finds itself by its name, from the sources and as it is installed. */
export function versionOf(): string {
  return (createRequire(import.meta.url)('leasehold/package.json') as { version: string }).version
}
