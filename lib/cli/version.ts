import { createRequire } from 'node:module'
import { dirname } from 'node:path'

/** This package's folder: it finds itself by its name, from the sources and as it is installed. */
export function packageFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('leasehold/package.json'))
}

export function versionOf(): string {
  return (createRequire(import.meta.url)('leasehold/package.json') as { version: string }).version
}
