import { readFile } from 'node:fs/promises'
import { createRequire, isBuiltin } from 'node:module'
import type { OnResolveArgs, Plugin } from 'esbuild'
import { moduleFile } from './module-file.ts'

/**
 * Modules that are left out of a bundle, and the files of the SDK that may get the stand-in. Each other import of the same
 * module gets the module: a client of the author's own may use more of it.
 *
 * In Lambda credentials always come from the environment. The chain that looks for them elsewhere (profiles, single
 * sign-on, instance metadata, each with clients of its own) is 136 KB, a quarter of the worker. The discovery of endpoints
 * is 9 KB that no request of DynamoDB's client asks for.
 */
const STAND_INS: readonly { readonly name: string; readonly importer: RegExp; readonly file: string }[] = [
  {
    name: '@aws-sdk/credential-provider-node',
    importer: /[/\\]@aws-sdk[/\\]client-[\w-]+[/\\]dist-(?:es|cjs)[/\\]runtimeConfig\.js$/u,
    file: moduleFile(import.meta, './lambda-credentials'),
  },
  {
    name: '@aws-sdk/middleware-endpoint-discovery',
    importer: /[/\\]@aws-sdk[/\\]client-dynamodb[/\\]dist-(?:es|cjs)[/\\]\w+\.js$/u,
    file: moduleFile(import.meta, './no-endpoint-discovery'),
  },
]

/**
 * A client of the SDK imports its package.json for its version alone, and a bundle would carry all of it: 2.4 KB a client. esbuild
 * reads the expression as Go does.
 */
const CLIENT_PACKAGE = new RegExp('[/\\\\]@aws-sdk[/\\\\]client-[\\w-]+[/\\\\]package\\.json$')

/** A package's name, and neither a path nor a word of `imports`. esbuild reads it as Go does, which knows no flag `u`. */
const BARE = new RegExp('^[^./#]')

/** How imports are resolved where esbuild's own way does not do. Needs esbuild's JavaScript API: its command takes no plugin. */
export const RESOLVING: Plugin = {
  name: 'leasehold-resolving',
  setup(build) {
    const { external = [] } = build.initialOptions
    build.onResolve({ filter: BARE }, (asked) => {
      const standIn = STAND_INS.find(
        ({ name, importer }) => asked.path === name && importer.test(asked.importer),
      )
      if (standIn !== undefined) return { path: standIn.file }
      const outside = external.some((name) => asked.path === name || asked.path.startsWith(`${name}/`))
      return outside || asked.kind !== 'require-call' ? undefined : asNodeDoes(asked)
    })
    build.onLoad({ filter: CLIENT_PACKAGE }, async ({ path }) => {
      const { name, version } = JSON.parse(await readFile(path, 'utf8')) as { name: string; version: string }
      return { contents: JSON.stringify({ name, version }), loader: 'json' }
    })
  },
}

/**
 * A CommonJS package that requires one of two builds means the CommonJS one: `module.exports` may be a function there, and
 * is none in the other. With `module` first among the main fields, esbuild would hand it the ES module.
 */
function asNodeDoes({ path, importer }: OnResolveArgs): { path: string } | undefined {
  if (isBuiltin(path) || importer === '') return undefined
  try {
    return { path: createRequire(importer).resolve(path) }
  } catch (error) {
    // esbuild says of what is missing whether it may be: a require within `try` may.
    if ((error as { code?: unknown }).code === 'MODULE_NOT_FOUND') return undefined
    if ((error as { code?: unknown }).code === 'ERR_PACKAGE_PATH_NOT_EXPORTED') return undefined
    throw error
  }
}
