/**
 * What is made of a text, made once for each of the last few texts: a program sends a few dozen expressions, with placeholders for
 * what differs, thousands of times. A text that is refused is read again each time.
 */
export function byText<T extends object | string>(
  make: (text: string) => T,
  textsMax: number,
): (text: string) => T {
  const kept = new Map<string, T>()
  return (text) => {
    const found = kept.get(text)
    if (found !== undefined) return found
    const made = make(text)
    if (kept.size >= textsMax) kept.clear()
    kept.set(text, made)
    return made
  }
}
