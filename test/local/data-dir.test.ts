import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { takeDataDir } from '../../lib/local/data-dir.ts'
import { DataInUse } from '../../lib/local/errors.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-data-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

test('a folder serves one stack at a time, and the next once it is released', () => {
  const path = join(folder, 'made/here')
  const first = takeDataDir(path)
  expect(() => takeDataDir(path)).toThrow(DataInUse)
  expect(() => takeDataDir(path)).toThrow(`in use by process ${process.pid}`)
  first.release()
  takeDataDir(path).release()
})

test('the lock of a stack that was killed is taken over', async () => {
  const dead = spawn(process.execPath, ['-e', ''])
  await once(dead, 'exit')
  writeFileSync(join(folder, 'in-use-by'), String(dead.pid))
  takeDataDir(folder).release()
})

test('a lock that names no process is taken over', () => {
  writeFileSync(join(folder, 'in-use-by'), '')
  takeDataDir(folder).release()
})
