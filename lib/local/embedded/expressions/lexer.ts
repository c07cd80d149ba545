export type Token = {
  readonly kind: 'name' | 'placeholder' | 'value' | 'number' | 'keyword' | 'symbol' | 'unknown' | 'end'
  readonly text: string
  readonly start: number
  readonly end: number
}

const KEYWORDS: ReadonlySet<string> = new Set([
  'AND',
  'OR',
  'NOT',
  'BETWEEN',
  'IN',
  'SET',
  'REMOVE',
  'ADD',
  'DELETE',
])
const PATTERN =
  /[ \t\r\n]+|([A-Za-z][A-Za-z0-9_]*)|(#[A-Za-z0-9_]+)|(:[A-Za-z0-9_]+)|(0|[1-9][0-9]*)|(<>|<=|>=|[=<>()[\].,+-])|([^])/g

/** The words of an expression, and an end. Keywords are in upper case, whatever their case in the text. */
export function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = []
  for (const match of text.matchAll(PATTERN)) {
    const [word, name, placeholder, value, number, symbol, unknown] = match
    const place = { start: match.index, end: match.index + word.length }
    if (name !== undefined) {
      const keyword = name.toUpperCase()
      if (KEYWORDS.has(keyword)) tokens.push({ kind: 'keyword', text: keyword, ...place })
      else tokens.push({ kind: 'name', text: name, ...place })
    } else if (placeholder !== undefined) tokens.push({ kind: 'placeholder', text: placeholder, ...place })
    else if (value !== undefined) tokens.push({ kind: 'value', text: value, ...place })
    else if (number !== undefined) tokens.push({ kind: 'number', text: number, ...place })
    else if (symbol !== undefined) tokens.push({ kind: 'symbol', text: symbol, ...place })
    else if (unknown !== undefined) tokens.push({ kind: 'unknown', text: unknown, ...place })
  }
  tokens.push({ kind: 'end', text: '<EOF>', start: text.length, end: text.length })
  return tokens
}
