import assert from 'node:assert/strict'
import * as v from 'valibot'
import { ChildFailed, defineProcess } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region tree
export const region = defineProcess({
  kind: 'region-report',
  input: v.object({ region: v.string() }),
  output: v.object({ sales: v.number() }),
  async run(context, { region }) {
    await context.sleep({ minutes: 5 }, 'the slow query')
    return { sales: await context.step('add up', () => sales(region)) }
  },
})

export const report = defineProcess({
  kind: 'report',
  input: v.object({ regions: v.array(v.string()) }),
  output: v.object({ sales: v.number(), missing: v.array(v.string()) }),
  async run(context, { regions }) {
    const missing: string[] = []
    const children = await context.map(regions, (name) => context.start(region, { region: name }))
    let total = 0
    for (const [index, child] of children.entries()) {
      try {
        total += (await context.result(child)).sales
      } catch (error) {
        if (!(error instanceof ChildFailed)) throw error
        missing.push(regions[index] ?? '')
      }
    }
    return { sales: total, missing }
  },
})
// #endregion

// #region leave
export const signUp = defineProcess({
  kind: 'sign-up',
  input: v.object({ user: v.string() }),
  output: v.void(),
  async run(context, { user }) {
    // Continues after the end of this process, whatever its outcome.
    await context.start(region, { region: user }, { id: `first-report-${user}`, onParentEnd: 'leave' })
  },
})
// #endregion

// #region recursion
export const folderSize = defineProcess({
  kind: 'folder-size',
  input: v.object({ path: v.string() }),
  output: v.number(),
  // A process that starts itself names its return type: the compiler would else look for it in its own body.
  async run(context, { path }): Promise<number> {
    const { bytes, folders } = await context.step('list', () => list(path))
    const sizes = await context.map(folders, (name) => context.run(folderSize, { path: name }))
    return sizes.reduce((sum, size) => sum + size, bytes)
  },
})
// #endregion

function list(path: string): { bytes: number; folders: string[] } {
  return path === '/' ? { bytes: 1, folders: ['/a', '/b'] } : { bytes: 10, folders: [] }
}

function sales(region: string): number {
  if (region === 'atlantis') throw new Error('it has sunk')
  return region.length
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [report, region, signUp, folderSize] })
  await kit.start(report, { regions: ['north', 'atlantis', 'south'] }, { id: 'r-1' })
  assert.deepEqual(await kit.result('r-1'), {
    outcome: 'success',
    value: { sales: 10, missing: ['atlantis'] },
  })

  await kit.start(report, { regions: ['north'] }, { id: 'r-2' })
  await kit.skip({ minutes: 1 })
  await kit.cancel('r-2', 'no longer wanted')
  assert.equal((await kit.result('r-2')).outcome, 'cancelled')
  assert.equal((await kit.result('r-2.0')).outcome, 'cancelled')

  await kit.start(signUp, { user: 'ann' }, { id: 's-1' })
  assert.equal((await kit.result('s-1')).outcome, 'success')
  assert.equal((await kit.result('first-report-ann')).outcome, 'success')

  await kit.start(folderSize, { path: '/' }, { id: 'f-1' })
  assert.deepEqual(await kit.result('f-1'), { outcome: 'success', value: 21 })
}
