import { describe, expect, test } from 'vitest'
import { MemoryStore } from '../../lib/registry/store/memory-store.ts'
import type { Item, Key } from '../../lib/registry/store/store.ts'
import manifest from '../../package.json' with { type: 'json' }
import { readFixture } from './fixture.ts'
import { live } from './life.ts'
import { record } from './scene.ts'
import { KNOWN, seenIn } from './seen.ts'
import { ITEM_KINDS, kindOf, load, writtenAgain } from './stored.ts'

const { scene, expected } = readFixture(manifest.version)

describe('the fixture of this release', () => {
  test('has every status, wait, effect, entry, field and kind of item that the code knows', () => {
    expect([...KNOWN].filter((each) => !seenIn(scene.items).has(each))).toEqual([])
  })

  test.each(ITEM_KINDS)('is known to lack what only its %s items have', (kind) => {
    const rest = seenIn(scene.items.filter((item) => kindOf(item) !== kind))
    expect([...KNOWN].filter((each) => !rest.has(each))).toContain(`item ${kind}`)
  })

  test('is the same when it is recorded twice', async () => {
    expect(await record()).toEqual(await record())
  })
})

describe('the guard notices', () => {
  test.each(ITEM_KINDS)('any attribute of a %s item under another name', (kind) => {
    const attributes = new Map<string, Item & Key>()
    for (const item of scene.items.filter((each) => kindOf(each) === kind))
      for (const attr of Object.keys(item)) if (attr !== 'pk' && attr !== 'sk') attributes.set(attr, item)
    expect(attributes.size).toBeGreaterThan(0)
    const unnoticed = [...attributes].filter(([attr, item]) => !differs(renamed(item, attr)))
    expect(unnoticed.map(([attr]) => attr)).toEqual([])
  })

  test('a row that the sweep no longer finds', async () => {
    const lost = scene.items.map((item) => (item.pk === 'P#registered' ? renamed(item, 'd') : item))
    const store = new MemoryStore()
    await load(store, lost)
    const lived = await live(store, { ...scene, items: lost }).catch((error: unknown) => error)
    expect(lived).not.toMatchObject({ swept: expected.swept })
  })
})

function renamed(item: Item & Key, attr: string): Item & Key {
  const { [attr]: value = null, ...rest } = item
  return { ...rest, pk: item.pk, sk: item.sk, [`renamed ${attr}`]: value }
}

function differs(item: Item & Key): boolean {
  try {
    expect(writtenAgain(item)).toEqual(item)
    return false
  } catch {
    return true
  }
}
