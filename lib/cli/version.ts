import { readFileSync } from 'node:fs'
import { join } from 'node:path'

/** Of this package: its package.json is two folders up, from the sources and from the built command. */
export function versionOf(): string {
  const path = join(import.meta.dirname, '../../package.json')
  return (JSON.parse(readFileSync(path, 'utf8')) as { version: string }).version
}
