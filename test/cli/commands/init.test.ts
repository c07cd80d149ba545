import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { init } from '../../../lib/cli/commands/init.ts'
import { CommandFailed } from '../../../lib/cli/errors.ts'
import { INIT } from '../../../lib/cli/specs/init.ts'
import { typed } from '../typed.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'leasehold-init-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

async function run(
  line: string,
): Promise<{ code: number; lines: readonly string[]; notes: readonly string[] }> {
  const [lines, notes]: [string[], string[]] = [[], []]
  const code = await init(await typed(INIT, line), {
    terminal: {
      line: async (text) => void lines.push(text),
      note: (text) => void notes.push(text),
      problem: () => undefined,
      styled: (_, text) => text,
      at: String,
      isInteractive: false,
      columns: 100,
    },
    env: {},
    cwd: folder,
    open: () => Promise.reject(new Error('init asks no API')),
    interrupted: () => new AbortController().signal,
  })
  return { code, lines, notes }
}

describe('leasehold init', () => {
  test('writes each file that it names into a new folder, and says what to type next', async () => {
    const { code, lines, notes } = await run('shop')
    expect({ code, notes }).toEqual({
      code: 0,
      notes: ['Next: cd shop && npm install && npm test && npm run dev'],
    })
    expect(lines).toContain('create  src/processes/index.ts')
    for (const line of lines)
      expect(existsSync(join(folder, 'shop', line.replace('create  ', '')))).toBe(true)
    expect(readFileSync(join(folder, 'shop/.gitignore'), 'utf8')).toContain('node_modules')
  })

  test('writes nothing with --dry-run', async () => {
    expect((await run('shop --dry-run')).lines).toContain('create  package.json')
    expect(readdirSync(folder)).toEqual([])
  })

  test('adds to a project with --yes, and leaves its files', async () => {
    writeFileSync(join(folder, 'package.json'), '{"type":"module","scripts":{"test":"vitest run"}}')
    writeFileSync(join(folder, 'cdk.json'), 'own')
    await expect(run('')).rejects.toThrow('has a project already; add to it by --yes')
    const { lines } = await run('--yes')
    expect(lines).toContain('change  package.json')
    expect(lines.filter((line) => line.startsWith('leave'))).toEqual([
      'leave   package.json: scripts.test',
      'leave   cdk.json',
    ])
    expect(readFileSync(join(folder, 'cdk.json'), 'utf8')).toBe('own')
    const { scripts } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { scripts: object }
    expect(scripts).toMatchObject({ test: 'vitest run', dev: 'leasehold dev' })
    expect(readdirSync(folder).filter((name) => name.endsWith('.leasehold'))).toEqual([])
  })

  test.each([
    ['Shop', 2, /^npm refuses the name "Shop": .*; choose another by --name NAME$/u],
    ['shop --name a/b', 2, /^npm refuses the name "a\/b"/u],
    ['full --yes', 5, /full is not empty and has no package\.json; name another folder/u],
    ['common --yes', 5, /package\.json is not of ES modules: a project needs "type": "module" there/u],
    ['broken --yes', 5, /broken\/package\.json is not a JSON object; correct it first/u],
    ['full/file', 1, /^cannot use .*full\/file: it is not a folder$/u],
    ['/sys/shop', 1, /^cannot use \/sys\/shop.*: you have no right to it$/u],
    ['shop --bogus', 2, /unknown option '--bogus'/u],
  ])('%s ends with %i and a sentence', async (line, exit, sentence) => {
    for (const name of ['full', 'common', 'broken']) mkdirSync(join(folder, name))
    writeFileSync(join(folder, 'full/file'), '')
    writeFileSync(join(folder, 'common/package.json'), '{}')
    writeFileSync(join(folder, 'broken/package.json'), '[')
    const failed = await run(line).catch((error: unknown) => error)
    expect(failed).toBeInstanceOf(CommandFailed)
    expect((failed as CommandFailed).message).toMatch(sentence)
    expect((failed as CommandFailed).exit).toBe(exit)
  })
})
