import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import * as standIn from '../../lib/bundle/no-endpoint-discovery.ts'

const CLIENT = dirname(fileURLToPath(import.meta.resolve('@aws-sdk/client-dynamodb/package.json')))

/** Names that the client's ES modules import from the package that is left out. */
function imported(): readonly string[] {
  const texts = globSync('dist-es/**/*.js', { cwd: CLIENT }).map((file) =>
    readFileSync(join(CLIENT, file), 'utf8'),
  )
  return texts.flatMap((text) =>
    [...text.matchAll(/import \{([^}]*)\} from "@aws-sdk\/middleware-endpoint-discovery"/gu)].flatMap(
      ([, names = '']) => names.split(',').map((name) => name.trim()),
    ),
  )
}

// A release of the SDK whose requests do ask for it would import one of its plugins, and this fails.
test('what stands in for endpoint discovery has each name that the DynamoDB client imports of it', () => {
  const names = imported().filter((name) => name !== '')
  expect(names.length).toBeGreaterThan(1)
  expect(names.filter((name) => !(name in standIn))).toEqual([])
})

test('what stands in for endpoint discovery leaves a configuration as it is, and reads no switch', () => {
  const config = { region: 'eu-central-1' }
  expect(standIn.resolveEndpointDiscoveryConfig(config)).toBe(config)
  const options = standIn.NODE_ENDPOINT_DISCOVERY_CONFIG_OPTIONS
  expect([options.environmentVariableSelector(), options.configFileSelector()]).toEqual([
    undefined,
    undefined,
  ])
})
