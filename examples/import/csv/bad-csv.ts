/** What can be wrong with a file, as it is recorded of the process that could not import it. */
export type BadCsvCode = 'csv_missing' | 'csv_unreadable' | 'csv_not_utf8' | 'csv_malformed' | 'csv_changed'

/** A file that cannot be imported as it is. Trying again does not help: the message says what to mend. */
export class BadCsv extends Error {
  override readonly name = 'BadCsv'
  readonly code: BadCsvCode
  constructor(code: BadCsvCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.code = code
  }
}

/** An error of opening or reading the file, as the user should hear it. Other errors pass through. */
export function asBadCsv(error: unknown, path: string): unknown {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  if (code === 'ENOENT') {
    return new BadCsv(
      'csv_missing',
      `no file at ${path}; check the path (the worker has to see it too)`,
      error,
    )
  }
  if (code === 'EISDIR') return new BadCsv('csv_unreadable', `${path} is a directory; name a CSV file`, error)
  if (code === 'EACCES' || code === 'EPERM') {
    return new BadCsv('csv_unreadable', `${path} may not be read by the worker; check its permissions`, error)
  }
  return error
}

/** Why the parser refused a record, in words that need no manual. */
export function parserReason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined
  switch (code) {
    case 'CSV_QUOTE_NOT_CLOSED':
      return 'a quoted field is never closed'
    case 'CSV_INVALID_CLOSING_QUOTE':
      return 'a closing quote is followed by more text; write a quote inside a quoted field twice'
    case 'INVALID_OPENING_QUOTE':
    case 'CSV_INVALID_OPENING_QUOTE':
      return 'a quote stands inside a field that is not quoted'
    case 'CSV_MAX_RECORD_SIZE':
      return 'the row is longer than a table item can be; is a closing quote missing?'
    default:
      return error instanceof Error ? error.message : String(error)
  }
}
