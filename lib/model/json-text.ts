import type { Issue } from './errors.ts'

/** More are not worth a look: an error names a hundred of them at most. */
const FLAWS_ENOUGH = 200
/** A text with what makes it a key, a number, or a sign that opens, parts or closes. */
const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*")(\s*:)?|-?\d[\d.eE+-]*|[{}[\],]/gsu

/** An object or a list that the scan is in: the place in it, and the keys so far. */
type Level = { place: string | number; readonly keys: Set<unknown> }

/**
 * Parses JSON text of a caller, and names what `JSON.parse` would change in silence. That is a key that an object has twice
 * (the first value is lost), and a whole number of more digits than a number keeps. Throws `SyntaxError`.
 */
export function readJsonText(text: string): { readonly value: unknown; readonly issues: readonly Issue[] } {
  const value: unknown = JSON.parse(text)
  const issues: Issue[] = []
  const levels: Level[] = []
  for (const [token, quoted, colon] of text.matchAll(TOKEN)) {
    const level = levels.at(-1)
    const issue = (message: string) =>
      issues.push({ path: levels.map(({ place }) => place).join('.'), message })
    if (token === '{' || token === '[') levels.push({ place: token === '{' ? '' : 0, keys: new Set() })
    else if (token === '}' || token === ']') levels.pop()
    else if (token === ',') {
      if (typeof level?.place === 'number') level.place += 1
    } else if (quoted === undefined) {
      if (!keeps(token)) issue(`${token.slice(0, 40)} has more digits than a number keeps; send it as text`)
    } else if (colon !== undefined && level !== undefined) {
      level.place = quoted.includes('\\') ? (JSON.parse(quoted) as string) : quoted.slice(1, -1)
      if (level.keys.has(level.place)) issue('the key stands twice')
      level.keys.add(level.place)
    }
    if (issues.length === FLAWS_ENOUGH) break
  }
  return { value, issues }
}

/** Does a number give the digits of a whole one back? What JavaScript wrote itself always does. */
function keeps(digits: string): boolean {
  return digits.length < 16 || /\D/u.test(digits.slice(1)) || String(Number(digits)) === digits
}
