import { mkdirSync, writeFileSync } from 'node:fs'
import manifest from '../../package.json' with { type: 'json' }
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import { FILES, folderOf } from './fixture.ts'
import { live } from './life.ts'
import { record } from './scene.ts'
import { load } from './stored.ts'

// Writes what the code of this release stores, and what it makes of that, for the code of later releases to meet.

const scene = await record()
const store = new MemoryStore()
await load(store, scene.items)
const expected = await live(store, scene)

const folder = folderOf(manifest.version)
mkdirSync(folder, { recursive: true })
const { at, items, messages } = scene
write(FILES.items, `{"at":${at},"items":${lines(items)}}`)
write(FILES.messages, lines(messages))
write(FILES.expected, JSON.stringify(expected, null, 1))
process.stdout.write(`${items.length} items and ${messages.length} messages of ${manifest.version}\n`)
// Bodies of the dead workers still hang.
process.exit(0)

/** One element a line, so that a difference shows which it is. */
function lines(list: readonly unknown[]): string {
  return `[\n${list.map((each) => JSON.stringify(each)).join(',\n')}\n]`
}

function write(file: string, text: string): void {
  writeFileSync(new URL(file, folder), `${text}\n`)
}
