import { dieWithParent } from '../../../lib/local/lifeline.ts'
import { startEmbeddedStore } from '../../../lib/local/embedded/embedded-store.ts'

// A store in a process of its own, so that it can be killed:  node store-process.ts <folder>

dieWithParent()
const store = await startEmbeddedStore({ dataDir: process.argv[2] ?? '' })
process.stdout.write(`${store.endpoint}\n`)
