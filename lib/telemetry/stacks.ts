import { existsSync, readFileSync } from 'node:fs'
import { SourceMap } from 'node:module'
import { fileURLToPath } from 'node:url'

// A deployed handler is one minified file with its source map beside it. Node would read the map at every cold start
// if told to (`--enable-source-maps`), so it is read here, when there is a stack to show.

/** `(file:///var/task/index.mjs:1:2345)`; frames of Node itself (`node:internal/…`) begin neither way. */
const FRAME = /(?<=[\s(])((?:file:\/\/)?\/[^\s()]+?):(\d+):(\d+)/g

const maps = new Map<string, SourceMap | undefined>()

/** The stack with the places in the sources, where the file has a map beside it; else as it is. */
export function readableStack(stack: string): string {
  return stack.replace(FRAME, (frame, file: string, line: string, column: string) => {
    const entry = mapOf(file)?.findEntry(Number(line) - 1, Number(column) - 1)
    return entry === undefined || !('originalSource' in entry)
      ? frame
      : `${entry.originalSource}:${entry.originalLine + 1}:${entry.originalColumn + 1}`
  })
}

/** Each file's map is read once in the life of a process. A map that cannot be read costs its stack the sources only. */
function mapOf(file: string): SourceMap | undefined {
  if (!maps.has(file)) maps.set(file, readMap(`${file.startsWith('file:') ? fileURLToPath(file) : file}.map`))
  return maps.get(file)
}

function readMap(path: string): SourceMap | undefined {
  if (!existsSync(path)) return undefined
  try {
    return new SourceMap(JSON.parse(readFileSync(path, 'utf8')))
  } catch {
    // Whoever shows a stack is already dealing with an error: it must not get another one in its place.
    return undefined
  }
}
