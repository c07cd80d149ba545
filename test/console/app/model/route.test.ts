import { expect, test } from 'vitest'
import { kindPath, processPath, screenOf, slotPath } from '../../../../lib/console/app/model/route.ts'

test.each([
  [processPath('a:b', 'history'), { name: 'process', id: 'a:b', part: 'history' }],
  [kindPath('a b'), { name: 'kind', kind: 'a b' }],
  [slotPath('tenant/7?'), { name: 'slots', key: 'tenant/7?' }],
  ['/', { name: 'home' }],
  ['/p/a?part=nothing', { name: 'process', id: 'a', part: 'timeline' }],
  ['/p/%', { name: 'nowhere', path: '/p/%' }],
  ['/p/a/b', { name: 'nowhere', path: '/p/a/b' }],
  ['/x', { name: 'nowhere', path: '/x' }],
])('screenOf() reads the address %s', (href, screen) => {
  const [path = '', search] = href.split('?')
  expect(screenOf(path, new URLSearchParams(search))).toEqual(screen)
})
