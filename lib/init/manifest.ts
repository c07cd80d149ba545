import type { Manifest } from './plan.ts'

/** The parts of this package's own package.json that a project's versions are taken from. */
export type OwnManifest = {
  readonly version: string
  readonly dependencies: Readonly<Record<string, string>>
  readonly devDependencies: Readonly<Record<string, string>>
  readonly peerDependencies: Readonly<Record<string, string>>
}

/** The CDK app and `leasehold dev` need these peers. */
const PEERS = ['@aws-sdk/client-dynamodb-streams', 'aws-cdk-lib', 'constructs', 'esbuild', 'fauxqs']
const TOOLS = ['@types/node', 'aws-cdk', 'typescript']

/** The package.json of a new project: versions that this version of the package is tested with. */
export function newManifest(name: string, own: OwnManifest): Manifest {
  const tools = TOOLS.map((tool) => [tool, `^${own.devDependencies[tool] ?? ''}`] as const)
  const peers = PEERS.map((peer) => [peer, own.peerDependencies[peer] ?? ''] as const)
  return {
    name,
    version: '0.0.0',
    private: true,
    type: 'module',
    scripts: {
      dev: 'leasehold dev',
      test: 'node --test',
      types: 'tsc',
      synth: 'cdk synth --quiet',
      deploy: 'cdk deploy',
    },
    dependencies: { leasehold: `^${own.version}`, valibot: own.dependencies['valibot'] ?? '' },
    devDependencies: Object.fromEntries([...tools, ...peers].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    engines: { node: '>=24' },
    // Files of the user's: leasehold dev runs what is deployed.
    leasehold: { workerEntry: `src/worker.ts`, apiEntry: `src/api.ts` },
  }
}

/** The pattern that npm publishes for `name` in package.json. */
const NAME = /^(?:@[a-z0-9\-~][a-z0-9\-._~]*\/)?[a-z0-9\-~][a-z0-9\-._~]*$/u
const NAME_MAX_CHARS = 214
const RESERVED: readonly string[] = ['node_modules', 'favicon.ico']

/** Why npm refuses the name of a package; undefined if it takes it. */
export function nameIssue(name: string): string | undefined {
  if (name.length > NAME_MAX_CHARS) return `it has more than ${NAME_MAX_CHARS} characters`
  if (RESERVED.includes(name)) return 'npm reserves it'
  if (!NAME.test(name))
    return 'it may have small letters, digits and the signs - _ . ~, and begin with a letter, a digit, - or ~'
  return undefined
}
