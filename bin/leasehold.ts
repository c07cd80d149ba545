#!/usr/bin/env node
import { enableCompileCache } from 'node:module'

// Before any module of the command is loaded: a command mostly loads code, and Node keeps it compiled for the next one.
enableCompileCache()
const { main } = await import('../lib/cli/main.ts')
process.exitCode = await main(process.argv.slice(2))
