import { readdirSync, readFileSync } from 'node:fs'
import type { Expected } from './life.ts'
import type { Scene } from './scene.ts'

const FOLDER = new URL('fixtures/', import.meta.url)

/** Releases whose stored items are kept. */
export const RELEASES: readonly string[] = readdirSync(FOLDER).toSorted()

export type Fixture = { readonly scene: Scene; readonly expected: Expected }

/** The files of a release, and what each holds. */
export const FILES = { items: 'items.json', messages: 'messages.json', expected: 'expected.json' } as const

export function folderOf(release: string): URL {
  return new URL(`${release}/`, FOLDER)
}

export function readFixture(release: string): Fixture {
  const read = (file: string): unknown => JSON.parse(readFileSync(new URL(file, folderOf(release)), 'utf8'))
  const { at, items } = read(FILES.items) as Pick<Scene, 'at' | 'items'>
  const messages = read(FILES.messages) as Scene['messages']
  return { scene: { at, items, messages }, expected: read(FILES.expected) as Expected }
}
