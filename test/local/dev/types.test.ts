import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findCompiler, typeIssues } from '../../../lib/local/dev/types.ts'
import { aProject } from '../../helpers/project.ts'

const project = aProject(
  {
    'tsconfig.json': JSON.stringify({ compilerOptions: { strict: true, types: [] }, include: ['src'] }),
    'src/order.ts': `export const price: number =\n  'free'\n`,
    'src/unrelated.ts': `export const name: string = 1\n`,
  },
  ['typescript'],
)
const bare = aProject({ 'tsconfig.json': '{}', 'src/order.ts': '' }, [])
afterAll(() => {
  project.remove()
  bare.remove()
})

const root = project.folder
const entry = join(root, 'src/order.ts')

test('typeFlaws() returns the errors in the files of a bundle, with their places', async () => {
  const compiler = findCompiler(entry, root)!
  expect(compiler.config).toBe(join(root, 'tsconfig.json'))
  const { signal } = new AbortController()
  expect(await typeIssues(compiler, [entry], { root, signal })).toEqual([
    { at: 'src/order.ts:1:14', text: expect.stringMatching(/^TS2322: /u) },
  ])
})

test('findCompiler() returns undefined for a project without a compiler or a tsconfig', () => {
  expect(findCompiler(join(bare.folder, 'src/order.ts'), bare.folder)).toBeUndefined()
  expect(findCompiler(join(root, 'src/order.ts'), join(root, 'src'))).toBeUndefined()
})
