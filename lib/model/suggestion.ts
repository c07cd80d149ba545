/** What a misspelt word may have meant; else the words there are, the first of many. */
export function suggestion(word: string, known: readonly string[]): string {
  const near = known.find((each) => isNear(word.toLowerCase(), each.toLowerCase()))
  if (near !== undefined) return `did you mean ${near}?`
  const left = known.length - SUGGESTED_MAX
  const some = known.slice(0, SUGGESTED_MAX).join(', ')
  return known.length === 0 ? 'there is none' : `there is ${some}${left > 0 ? ` and ${left} more` : ''}`
}

const SUGGESTED_MAX = 20

/** One begins with the other, or a few changes of a letter lead from one to the other: a third of its length at most. */
function isNear(word: string, known: string): boolean {
  if (word.length > 2 && (word.startsWith(known) || known.startsWith(word))) return true
  const most = Math.floor(Math.min(word.length, known.length) / 3)
  return Math.abs(word.length - known.length) <= most && distance(word, known) <= most
}

/** Letters added, removed or replaced. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 0; i < a.length; i += 1) {
    const above = row
    row = [i + 1]
    for (let j = 0; j < b.length; j += 1) {
      const replaced = (above[j] ?? 0) + (a[i] === b[j] ? 0 : 1)
      row.push(Math.min(replaced, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1))
    }
  }
  return row[b.length] ?? 0
}
