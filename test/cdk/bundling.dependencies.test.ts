import { execFile } from 'node:child_process'
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { App } from 'aws-cdk-lib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { LeaseholdStack } from '../../lib/cdk/stack.ts'

const ROOT = join(import.meta.dirname, '../..')
const folder = mkdtempSync(join(tmpdir(), 'leasehold-dependencies-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A user's app: an entry, and packages of every kind beside it. */
const FILES = {
  'package.json': JSON.stringify({ type: 'module', dependencies: { native: 'file:packages/native' } }),
  // Calls `require` of builtins, of its own files, of what may be missing; reads beside itself.
  'node_modules/old/package.json': JSON.stringify({ name: 'old', version: '1.0.0', main: 'main.js' }),
  'node_modules/old/main.js': `
    const { createHash } = require('crypto')
    const path = require('node:path')
    const words = require('./words.json')
    let optional
    try { optional = require('not-installed') } catch { optional = 'none' }
    module.exports = class Old {
      tell() { return [createHash('sha256').update(words[0]).digest('hex').slice(0, 8), optional, path.isAbsolute(__dirname), path.basename(__filename)] }
    }`,
  'node_modules/old/words.json': '["a"]',
  // Two builds: a function for require, a default export for import.
  'node_modules/dual/package.json': JSON.stringify({
    name: 'dual',
    version: '1.0.0',
    main: 'a.js',
    module: 'a.mjs',
  }),
  'node_modules/dual/a.js': 'module.exports = (text) => `dual ${text}`',
  'node_modules/dual/a.mjs': 'export default (text) => `module ${text}`',
  'node_modules/needs-dual/package.json': JSON.stringify({ name: 'needs-dual', version: '1.0.0' }),
  'node_modules/needs-dual/index.js': "module.exports = require('dual')('required')",
  // A client that looks for endpoints, as Timestream's does, and code that reads a profile.
  'worker.ts': `
    import { createRequire } from 'node:module'
    import { dirname } from 'node:path'
    import { fileURLToPath } from 'node:url'
    import { EndpointCache } from '@aws-sdk/endpoint-cache'
    import { credentialsWillNeedRefresh } from '@aws-sdk/credential-provider-node'
    import { getEndpointDiscoveryPlugin, resolveEndpointDiscoveryConfig } from '@aws-sdk/middleware-endpoint-discovery'
    import dual from 'dual'
    import { defineProcess, workerHandler } from 'leasehold'
    import needsDual from 'needs-dual'
    import Old from 'old'
    import * as v from 'valibot'

    const __dirname = dirname(fileURLToPath(import.meta.url))
    const require = createRequire(import.meta.url)
    const hello = defineProcess({ kind: 'hello', input: v.null(), output: v.null(), run: async () => null })
    const config = resolveEndpointDiscoveryConfig({} as never, { endpointDiscoveryCommandCtor: class {} } as never)
    export const handler = process.env['LEASEHOLD_TABLE'] === undefined ? undefined : workerHandler({ definitions: [hello] })
    export const told = {
      old: new Old().tell(),
      name: Old.name,
      needsDual,
      dual: dual('imported'),
      own: [typeof __dirname, typeof require('node:fs').readFileSync],
      cache: config.endpointCache instanceof EndpointCache,
      plugin: typeof getEndpointDiscoveryPlugin,
      refresh: typeof credentialsWillNeedRefresh,
    }`,
  // What cannot be put into one file: it is loaded from beside the bundle.
  'packages/native/package.json': JSON.stringify({ name: 'native', version: '1.2.3', main: 'main.cjs' }),
  'packages/native/main.cjs': 'exports.where = __filename',
  'native.ts': "import { where } from 'native'\nexport const told = where",
  'layered.ts': "import { x } from 'in-a-layer'\nexport const told = x",
}

beforeAll(() => {
  for (const [path, text] of Object.entries(FILES)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true })
    writeFileSync(join(folder, path), text)
  }
  symlinkSync(ROOT, join(folder, 'node_modules/leasehold'))
  symlinkSync(join(folder, 'packages/native'), join(folder, 'node_modules/native'))
  for (const name of ['@aws-sdk', 'valibot'])
    symlinkSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name))
})

/** The folder that CDK would upload for the worker. */
function uploaded(entry: string, worker: object = {}): string {
  const app = new App({ outdir: mkdtempSync(join(folder, 'cdk.out-')) })
  const functions = { worker }
  const stack = new LeaseholdStack(app, 'Own', {
    processes: { workerEntry: join(folder, entry), api: false, statusEvents: false, functions },
  })
  const { directory } = app.synth()
  const { Code } = app.synth().getStackArtifact(stack.artifactId).template.Resources[
    stack.getLogicalId(stack.processes.worker.handler.function.node.defaultChild as never)
  ].Properties
  return join(directory, `asset.${String(Code.S3Key).replace('.zip', '')}`)
}

/** What the bundle's module exports as \`told\`, in a Node of its own. */
async function told(bundle: string): Promise<unknown> {
  const code = 'const { told } = await import(process.argv[1]); console.log(JSON.stringify(told))'
  const args = ['--input-type=module', '--eval', code, join(bundle, 'index.mjs')]
  const { stdout } = await promisify(execFile)(process.execPath, args)
  return JSON.parse(stdout)
}

test('a bundle runs CommonJS packages, dual ones and clients that find endpoints', async () => {
  const bundle = uploaded('worker.ts')
  expect(await told(bundle)).toEqual({
    old: ['ca978112', 'none', true, 'index.mjs'],
    name: 'Old',
    needsDual: 'dual required',
    dual: 'module imported',
    own: ['string', 'function'],
    cache: true,
    plugin: 'function',
    refresh: 'function',
  })
})

test('a native module is installed beside the bundle, which loads it from there', async () => {
  const bundle = uploaded('native.ts', { nativeModules: ['native'] })
  expect(readdirSync(bundle).toSorted()).toEqual(['index.mjs', 'index.mjs.map', 'node_modules'])
  expect(await told(bundle)).toBe(join(realpathSync(bundle), 'node_modules/native/main.cjs'))
})

test('an external module is left to the layer that has it', async () => {
  const bundle = uploaded('layered.ts', { externalModules: ['in-a-layer'] })
  expect(readFileSync(join(bundle, 'index.mjs'), 'utf8')).toMatch(/from"in-a-layer"/u)
})

test('an entry that cannot be bundled is refused, and the refusal says what may be left out', () => {
  expect(() => uploaded('layered.ts')).toThrow(
    /layered\.ts could not be bundled.*externalModules.*nativeModules/su,
  )
  expect(() => uploaded('native.ts', { nativeModules: ['absent'] })).toThrow(/could not be bundled/u)
})
