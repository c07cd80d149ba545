/** Keys below these are data and not shape: any names may stand there. */
const OPEN = new Set(['Keys', 'NewImage', 'OldImage', 'headers', 'claims', 'queryStringParameters'])

/**
 * The fields of an event with the types of their values, as `requestContext.http.method: string`. Of a list, its first element
 * stands for all.
 */
function fieldsOf(event: unknown, at = ''): string[] {
  if (event === null) return [`${at}: null`]
  if (Array.isArray(event)) return fieldsOf(event[0], `${at}[]`)
  if (typeof event !== 'object') return [`${at}: ${typeof event}`]
  const key = at.replace(/.*\./u, '')
  if (OPEN.has(key)) return [`${at}: object`]
  return Object.entries(event).flatMap(([name, value]) => fieldsOf(value, at === '' ? name : `${at}.${name}`))
}

/** What one of two events has and the other lacks, as `- field` that only AWS sends, and `+ field` that only the emulator sends. */
export function differences(onAws: unknown, emulated: unknown): string[] {
  const [wanted, sent] = [fieldsOf(onAws), fieldsOf(emulated)]
  return [
    ...wanted.filter((field) => !sent.includes(field)).map((field) => `- ${field}`),
    ...sent.filter((field) => !wanted.includes(field)).map((field) => `+ ${field}`),
  ].sort()
}
