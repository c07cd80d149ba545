import { expect, test } from 'vitest'
import { compileCache } from '../../lib/local/compile-cache.ts'

test('compileCache() names a folder, and leaves what Node was told to Node', () => {
  expect(compileCache({})).toEqual({
    NODE_COMPILE_CACHE: expect.stringMatching(/node-compile-cache$/u) as string,
  })
  expect(compileCache({ NODE_COMPILE_CACHE: '/own' })).toEqual({ NODE_COMPILE_CACHE: '/own' })
  expect(compileCache({ NODE_DISABLE_COMPILE_CACHE: '1' })).toEqual({ NODE_DISABLE_COMPILE_CACHE: '1' })
})
