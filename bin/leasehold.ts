#!/usr/bin/env node
import { nodeFlaw } from '../lib/cli/node-version.ts'

// The rest is loaded only if this Node can load it: an older one would end with a syntax error.
const flaw = nodeFlaw(process.version)
if (flaw === undefined) {
  const { main } = await import('../lib/cli/main.ts')
  process.exitCode = await main(process.argv.slice(2))
} else {
  process.stderr.write(`${flaw}\n`)
  process.exitCode = 2
}
