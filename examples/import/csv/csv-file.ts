import { isUtf8 } from 'node:buffer'
import { open, type FileHandle } from 'node:fs/promises'
import { parse, type Parser } from 'csv-parse'
import { asBadCsv, BadCsv, parserReason } from './bad-csv.ts'

/** A DynamoDB item holds 400 KB; this leaves room for the column names. */
export const ROW_MAX_BYTES = 350_000
/** What is read from the file at once, so that a chunk takes little memory however large the file is. */
const BLOCK_BYTES = 64 * 1024
const NEWLINE = 0x0a
const CARRIAGE_RETURN = 0x0d
const UTF8_BOM = Buffer.from([0xef, 0xbb, 0xbf])
const UTF16_BOMS = [Buffer.from([0xff, 0xfe]), Buffer.from([0xfe, 0xff])]

/** Some rows of a file, and the byte where the next one starts. */
export type CsvChunk = { readonly rows: readonly (readonly string[])[]; readonly nextOffset: number }

/** A key of this name sets the prototype of the object that the document client reads an item into. */
const UNUSABLE_NAME = '__proto__'

export type CsvHeader = { readonly columns: readonly string[]; readonly nextOffset: number }

type CsvRecord = { readonly cells: readonly string[]; readonly start: number; readonly end: number }

/**
 * A CSV file that is read a chunk at a time, each from the byte offset where the one before ended, so that a reader
 * that died is followed by one that continues from there. However a file is cut into chunks, its rows are the same.
 *
 * RFC 4180, with what real files need. Lines end in CRLF or LF, also mixed. A UTF-8 byte order mark and empty lines are
 * skipped. Quoted fields may contain commas, quotes written twice, and line breaks, which are kept.
 */
export class CsvFile {
  readonly path: string
  readonly bytes: number
  readonly modifiedAt: number
  readonly #file: FileHandle

  private constructor(path: string, file: FileHandle, facts: { bytes: number; modifiedAt: number }) {
    this.path = path
    this.#file = file
    this.bytes = facts.bytes
    this.modifiedAt = facts.modifiedAt
  }

  /** Throws `BadCsv` where there is no such file, or it cannot be read. Close it with `await using`. */
  static async open(path: string): Promise<CsvFile> {
    try {
      const file = await open(path, 'r')
      const stat = await file.stat()
      if (!stat.isDirectory())
        return new CsvFile(path, file, { bytes: stat.size, modifiedAt: Math.trunc(stat.mtimeMs) })
      await file.close()
    } catch (error) {
      throw asBadCsv(error, path)
    }
    throw new BadCsv('csv_unreadable', `${path} is a directory; name a CSV file`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }

  /** The names in the first row. Throws `BadCsv` if there is no row, or a name is empty, repeated or unusable. */
  async header(): Promise<CsvHeader> {
    const start = await this.#readBytes(0, UTF8_BOM.length)
    if (UTF16_BOMS.some((bom) => start.subarray(0, bom.length).equals(bom))) {
      throw new BadCsv('csv_not_utf8', `${this.path} is UTF-16; save it as UTF-8`)
    }
    const from = start.equals(UTF8_BOM) ? UTF8_BOM.length : 0
    const [first] = await this.#records(from, 1)
    if (first === undefined)
      throw new BadCsv('csv_malformed', `${this.path} is empty; its first row has to name the columns`)
    const names = first.cells
    const flawed = names.findIndex(
      (name, index) => name === '' || name === UNUSABLE_NAME || names.indexOf(name) !== index,
    )
    if (flawed !== -1) {
      const name = names[flawed]
      const issue =
        name === ''
          ? `column ${flawed + 1} has no name`
          : name === UNUSABLE_NAME
            ? `no column may be named ${name}: the document client loses it`
            : `two columns are named ${name}`
      throw await this.#malformed(first.start, issue)
    }
    return { columns: names, nextOffset: first.end }
  }

  /**
   * At most `count` rows of `columns` cells from the byte `from` on; fewer only where the file ends. Throws `BadCsv`
   * naming the line, with nothing said of rows after these.
   */
  async rows(
    from: number,
    want: { count: number; columns: number; signal?: AbortSignal },
  ): Promise<CsvChunk> {
    const records = await this.#records(from, want.count, want.signal)
    for (const { cells, start, end } of records) {
      if (cells.length !== want.columns) {
        throw await this.#malformed(
          start,
          `${counted(cells.length, 'field')}, but the header has ${want.columns}`,
        )
      }
      if (end - start > ROW_MAX_BYTES) {
        throw await this.#malformed(
          start,
          `the row has ${end - start} bytes; a table item holds ${ROW_MAX_BYTES}`,
        )
      }
    }
    // Fewer records than asked for means that only empty lines are left.
    const nextOffset = records.length < want.count ? this.bytes : (records.at(-1)?.end ?? from)
    return { rows: records.map((record) => record.cells), nextOffset }
  }

  async #records(from: number, count: number, signal?: AbortSignal): Promise<CsvRecord[]> {
    const records: CsvRecord[] = []
    const endOfLast = (): number => records.at(-1)?.end ?? from
    const parser = parse({
      // Said, not discovered: a chunk that begins in the middle must not discover something else than the first did.
      record_delimiter: ['\r\n', '\n'],
      skip_empty_lines: true,
      relax_column_count: true,
      max_record_size: ROW_MAX_BYTES,
      to: count,
      on_record(cells: string[], info) {
        records.push({ cells, start: endOfLast(), end: from + info.bytes })
        return null
      },
    })
    // Each write reports its own error; the event comes as well, and has no other listener.
    parser.on('error', () => undefined)
    try {
      for (let at = from; at < this.bytes && records.length < count;) {
        signal?.throwIfAborted()
        const block = await this.#readBytes(at, BLOCK_BYTES)
        if (block.length === 0) break
        await feed(parser, block)
        at += block.length
      }
      if (records.length < count) await feed(parser, undefined)
    } catch (error) {
      if (signal?.aborted === true) throw error
      throw await this.#malformed(endOfLast(), parserReason(error))
    } finally {
      parser.destroy()
    }
    await this.#expectUtf8(records)
    return records
  }

  /** The parser puts U+FFFD where bytes are no UTF-8. The character itself is allowed, so the bytes decide. */
  async #expectUtf8(records: readonly CsvRecord[]): Promise<void> {
    for (const { cells, start, end } of records) {
      if (!cells.some((cell) => cell.includes('\uFFFD'))) continue
      if (isUtf8(await this.#readBytes(start, end - start))) continue
      const line = await this.#lineOf(start)
      throw new BadCsv(
        'csv_not_utf8',
        `${this.path}: the row at line ${line} is not UTF-8; save the file as UTF-8`,
      )
    }
  }

  async #malformed(start: number, reason: string): Promise<BadCsv> {
    const line = await this.#lineOf(start)
    return new BadCsv('csv_malformed', `${this.path}: the row at line ${line} cannot be read: ${reason}`)
  }

  /** The line, from 1, where the row after the byte `offset` begins. Counted only for an error message. */
  async #lineOf(offset: number): Promise<number> {
    let line = 1
    for (let at = 0; at < this.bytes;) {
      const block = await this.#readBytes(at, BLOCK_BYTES)
      if (block.length === 0) break
      for (const [index, byte] of block.entries()) {
        if (byte === NEWLINE) line += 1
        else if (at + index >= offset && byte !== CARRIAGE_RETURN) return line
      }
      at += block.length
    }
    return line
  }

  async #readBytes(from: number, length: number): Promise<Buffer> {
    const buffer = Buffer.alloc(length)
    const { bytesRead } = await this.#file.read(buffer, 0, length, from)
    return buffer.subarray(0, bytesRead)
  }
}

/** Gives the parser a block, or the end, and settles once it has taken all of it. */
async function feed(parser: Parser, block: Buffer | undefined): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const settle = (error?: Error | null): void => (error ? reject(error) : resolve())
  if (block === undefined) parser.end(settle)
  else parser.write(block, settle)
  await promise
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
