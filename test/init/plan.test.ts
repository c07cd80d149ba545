import { describe, expect, test } from 'vitest'
import { planProject, type Manifest } from '../../lib/init/plan.ts'

const files = [
  { path: 'cdk.json', text: '{}' },
  { path: 'src/worker.ts', text: 'worker' },
]
const manifest: Manifest = {
  name: 'shop',
  type: 'module',
  scripts: { dev: 'leasehold dev', test: 'node --test' },
  dependencies: { leasehold: '^1.0.0', valibot: '^1.5.0' },
  devDependencies: { esbuild: '^0.28.0' },
  leasehold: { workerEntry: 'src/worker.ts' },
}

describe('planProject()', () => {
  test('creates package.json and every file in an empty folder', () => {
    const plan = planProject({ files, manifest, existing: new Set() })
    expect(plan.create.map(({ path }) => path)).toEqual(['package.json', 'cdk.json', 'src/worker.ts'])
    expect(JSON.parse(plan.create[0]!.text)).toEqual(manifest)
    expect({ change: plan.change, leave: plan.leave }).toEqual({ change: undefined, leave: [] })
  })

  test('leaves each file that is there', () => {
    const plan = planProject({ files, manifest, existing: new Set(['cdk.json']), found: {} })
    expect(plan.create).toEqual([{ path: 'src/worker.ts', text: 'worker' }])
    expect(plan.leave).toEqual(['cdk.json'])
  })

  test('adds what package.json lacks, and leaves its own scripts and versions', () => {
    const found: Manifest = {
      name: 'own',
      type: 'module',
      private: true,
      scripts: { test: 'vitest run' },
      dependencies: { valibot: '^1.0.0', esbuild: '^0.25.0' },
    }
    const plan = planProject({ files: [], manifest, existing: new Set(), found })
    expect(plan.leave).toEqual(['package.json: scripts.test', 'package.json: dependencies.valibot'])
    expect(JSON.parse(plan.change!.text)).toEqual({
      ...found,
      scripts: { test: 'vitest run', dev: 'leasehold dev' },
      dependencies: { valibot: '^1.0.0', esbuild: '^0.25.0', leasehold: '^1.0.0' },
      leasehold: { workerEntry: 'src/worker.ts' },
    })
  })

  test('names no file of the project itself as a handler', () => {
    const plan = planProject({
      files,
      manifest,
      existing: new Set(['src/worker.ts']),
      found: { type: 'module' },
    })
    expect(JSON.parse(plan.change!.text)).not.toHaveProperty('leasehold')
  })

  test('changes nothing when it is carried out again', () => {
    const existing = new Set(files.map(({ path }) => path))
    const plan = planProject({ files, manifest, existing, found: manifest })
    expect(plan).toEqual({ create: [], change: undefined, leave: ['cdk.json', 'src/worker.ts'] })
  })
})
