import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { moduleFile } from '../bundle/module-file.ts'
import { findJava, startDynamoDbLocal } from './dynamodb-local.ts'
import { OtherStore } from './errors.ts'
import { startServer } from './server.ts'

/** What holds the table of a local stack: this package's own store, or AWS's emulator, which needs Java. */
export const STORES = ['embedded', 'dynamodb-local'] as const
export type StoreName = (typeof STORES)[number]

/** The file that each store keeps its data in. */
const FILES: Readonly<Record<StoreName, string>> = {
  embedded: 'dynamodb.sqlite',
  'dynamodb-local': 'shared-local-instance.db',
}

export type LocalStore = {
  /** `http://127.0.0.1:<port>` */
  readonly endpoint: string
  readonly pid: number
  readonly ended: Promise<unknown>
  /** Ends it; resolves when it is gone. Again is harmless. */
  stop(): Promise<void>
}

/** Looks for what a user is most likely to lack, before anything is started or made. Throws `JavaMissing`. */
export function checkStore(store: StoreName): void {
  if (store === 'dynamodb-local') findJava()
}

/**
 * Starts the store in a process of its own, on this port of the loopback or a free one. In memory, or with `dataDir`
 * (made if absent) on disk.
 *
 * Throws `OtherStore` if the folder has only the other store's data, `JavaMissing` and `EmulatorFailed`.
 */
export async function startStore(
  store: StoreName,
  options: {
    readonly dataDir?: string
    /** For a store that was killed: its clients find it again at this port. */
    readonly port?: number
  } = {},
): Promise<LocalStore> {
  const { dataDir, port } = options
  if (dataDir !== undefined) checkOwner(store, dataDir)
  if (store === 'dynamodb-local') return startDynamoDbLocal(options)
  return startServer({
    emulator: 'the embedded store',
    script: moduleFile(import.meta, './store-server'),
    args: [String(port ?? 0), ...(dataDir === undefined ? [] : [dataDir])],
  })
}

/** A user who changes the store of a folder must not find it empty without a word. */
function checkOwner(store: StoreName, folder: string): void {
  const owners = STORES.filter((each) => existsSync(join(folder, FILES[each])))
  const [owner] = owners
  if (owner !== undefined && !owners.includes(store)) throw new OtherStore({ folder, owner, asked: store })
}
