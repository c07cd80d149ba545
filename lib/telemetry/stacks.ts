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
    // The caller is about to report an error: this one must not take its place.
    return undefined
  }
}

/** A frame of a stack, whether its file is a path, a URL or the relative path of a source map. */
const LINE = /^ +at (?:async )?(?:.* \()?(.+:\d+:\d+)\)?$/u

/** The first place in the author's code that a stack names, as `file:line:column`. Anything may have been thrown. */
export function placeOf(thrown: unknown): string | undefined {
  if (typeof thrown !== 'object' || thrown === null || !('stack' in thrown)) return undefined
  return typeof thrown.stack === 'string' ? framesOf(thrown.stack).find(isAuthors)?.place : undefined
}

/**
 * A readable stack with the frames of the author's code only. One that begins in this library or in Node stays whole, since
 * its first frames may say where the bug is, unless it is known to be no bug of theirs (`outside`).
 */
export function authorStack(stack: string, outside: boolean): string {
  const readable = readableStack(stack)
  const frames = framesOf(readable)
  const [first] = frames
  if (!outside && (first === undefined || !isAuthors(first))) return readable
  const dropped = new Set(frames.filter((frame) => !isAuthors(frame)).map(({ line }) => line))
  return readable
    .split('\n')
    .filter((line) => !dropped.has(line))
    .join('\n')
}

type Frame = { readonly line: string; readonly place: string }

function framesOf(stack = ''): readonly Frame[] {
  return readableStack(stack)
    .split('\n')
    .flatMap((line) => {
      const [, place] = LINE.exec(line) ?? []
      return place === undefined ? [] : [{ line, place }]
    })
}

function isAuthors({ place }: Frame): boolean {
  return !place.startsWith('node:') && !place.includes('node_modules/') && !place.startsWith(libraryRoot())
}

let root: string | undefined

/** How frames name the folder of this library: by the sources where a map is beside the bundle, else by the file. */
function libraryRoot(): string {
  root ??= (framesOf(new Error('here').stack)[0]?.place ?? 'node:').replace(/(?:telemetry\/)?[^/]*$/u, '')
  return root
}
