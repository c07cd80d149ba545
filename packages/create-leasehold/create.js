#!/usr/bin/env node
import { spawnSync } from 'node:child_process'
import { createRequire } from 'node:module'
import { join } from 'node:path'

// `npm create leasehold …` is `leasehold init …` of the version that this package depends on.

const manifest = createRequire(import.meta.url).resolve('leasehold/package.json')
const command = join(manifest, '../dist/bin/leasehold.js')
const { status, error } = spawnSync(process.execPath, [command, 'init', ...process.argv.slice(2)], {
  stdio: 'inherit',
})
if (error !== undefined) throw error
process.exitCode = status ?? 1
