// Counted nouns: a count is often 1.

export function countText(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`
}

/** How often: `once`, or `3 times`. */
export function timesText(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

/** How often, one after the other: `once`, or `3 times in a row`. */
export function inARow(count: number): string {
  return count === 1 ? 'once' : `${count} times in a row`
}
