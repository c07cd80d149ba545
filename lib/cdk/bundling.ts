import { spawnSync } from 'node:child_process'
import { dirname } from 'node:path'
import { AssetHashType, DockerImage } from 'aws-cdk-lib'
import { Code } from 'aws-cdk-lib/aws-lambda'
import type { BuildRequest } from '../bundle/build.ts'
import { moduleFile } from '../bundle/module-file.ts'
import { InvalidConfig } from '../model/errors.ts'

export { ENTRIES, STATUS_EVENTS_WITH_BUCKET } from '../bundle/options.ts'

const PROGRAM = moduleFile(import.meta, '../bundle/build')

export type BundleProps = {
  readonly entry: string
  readonly externalModules?: readonly string[] | undefined
  readonly nativeModules?: readonly string[] | undefined
}

/** A handler as one file. Needs no Docker: esbuild is a dependency of the app that is synthesised. */
export function bundledCode({ entry, externalModules = [], nativeModules = [] }: BundleProps): Code {
  const request = { entry, external: externalModules, native: nativeModules }
  return Code.fromAsset(dirname(entry), {
    assetHashType: AssetHashType.OUTPUT,
    bundling: {
      // Never pulled: a bundle that cannot be made here is an error.
      image: DockerImage.fromRegistry('none'),
      // CDK makes bundles that differ in nothing of this once.
      command: [JSON.stringify(request)],
      local: {
        tryBundle(folder) {
          const asked: BuildRequest = { ...request, folder }
          const { status } = spawnSync(process.execPath, [PROGRAM, JSON.stringify(asked)], {
            stdio: ['ignore', 'inherit', 'inherit'],
          })
          if (status === 0) return true
          const message = `${entry} could not be bundled; the lines above say why. A package that a layer has belongs in externalModules, one with a binary in nativeModules`
          throw new InvalidConfig({ issues: [{ path: 'functions', message }] })
        },
      },
    },
  })
}
