import { readFileSync } from 'node:fs'
import { join } from 'node:path'

const FILE = join(import.meta.dirname, '../local/fixtures/mistakes.ts')

/** The place in the fixture that a message about this mistake has to name, as a pattern: its line ends in the name. */
export function placeOfMistake(name: string): RegExp {
  const lines = readFileSync(FILE, 'utf8').split('\n')
  const line = lines.findIndex((each) => each.endsWith(`// ${name}`)) + 1
  if (line === 0) throw new Error(`the fixture has no line of ${name}`)
  return new RegExp(`test/local/fixtures/mistakes\\.ts:${line}:\\d+`, 'u')
}
