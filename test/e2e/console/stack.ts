import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { esbuildOptions } from '../../../lib/bundle/options.ts'
import { deadLettersOf } from '../../../lib/cli/console-dead-letters.ts'
import { queuesOf } from '../../../lib/cli/dev/dev-console.ts'
import { queuesOfTarget } from '../../../lib/cli/queues.ts'
import { HttpProcessClient } from '../../../lib/client/http/client.ts'
import { unsigned } from '../../../lib/client/http/signing.ts'
import { send, type ApiCall, type ApiReply } from '../../../lib/client/http/transport.ts'
import { serveConsole, type RunningConsole } from '../../../lib/console/listen.ts'
import type { ConsoleTarget } from '../../../lib/console/protocol.ts'
import { SYSTEM_CHANCE, SYSTEM_CLOCK } from '../../../lib/host/system.ts'
import { startLocalStack, type LocalStack } from '../../../lib/local/stack.ts'

const LOCAL: ConsoleTarget = {
  name: 'local stack',
  kind: 'local',
  writes: true,
  valuesHidden: false,
  options: '--local',
  versions: { console: '1.2.3', stack: '1.2.3' },
}
/** The same stack, as a console of a deployed one looks at it. */
const DEPLOYED: ConsoleTarget = {
  ...LOCAL,
  name: 'stack orders',
  kind: 'deployed',
  region: 'eu-west-1',
  writes: false,
  valuesHidden: true,
  options: '--stack orders --region eu-west-1',
  versions: { console: '1.2.3', stack: '1.0.0' },
}

export type ConsoleStack = {
  readonly stack: LocalStack
  readonly client: HttpProcessClient
  /** While this file is there, the code is as after a bad deploy. */
  readonly badDeploy: string
  readonly local: RunningConsole
  readonly deployed: RunningConsole
  /** Requests of the API that the consoles have sent. */
  readonly calls: ApiCall[]
  /** Asks the API without a console. */
  readonly call: (call: ApiCall) => Promise<ApiReply>
  readonly stop: () => Promise<void>
}

/** A real local stack with the kinds of the fixtures, and two consoles of it. Its leases are short, so that take-overs are soon. */
export async function consoleStack(): Promise<ConsoleStack> {
  const folder = await mkdtemp(join(tmpdir(), 'leasehold-console-'))
  const entry = async (name: 'worker' | 'api'): Promise<string> => {
    const outfile = join(folder, `${name}.mjs`)
    const source = join(import.meta.dirname, 'fixtures', `${name}.ts`)
    await build({ ...esbuildOptions(source), outfile, write: true })
    return outfile
  }
  const badDeploy = join(folder, 'bad-deploy')
  const [workerEntry, apiEntry] = await Promise.all([entry('worker'), entry('api')])
  const stack = await startLocalStack({
    store: 'embedded',
    workerEntry,
    apiEntry,
    workers: 1,
    apiEnvironments: 4,
    statusEvents: false,
    env: { BAD_DEPLOY: badDeploy },
    timings: { leaseTtlMs: 1_500, renewEveryMs: 500, sweepEveryMs: 500 },
  })
  const calls: ApiCall[] = []
  const transport = {
    base: new URL(stack.apiUrl),
    auth: unsigned,
    fetch,
    clock: SYSTEM_CLOCK,
    chance: SYSTEM_CHANCE,
  }
  const queued = {
    kind: 'local',
    by: 'test',
    url: stack.apiUrl,
    auth: 'none',
    queues: queuesOf(stack),
  } as const
  const consoleOf = (target: ConsoleTarget): Promise<RunningConsole> =>
    serveConsole(
      {
        api: {
          target,
          deadLetters: deadLettersOf(() => queuesOfTarget(queued)),
          call: (call) => {
            calls.push(call)
            return send(transport, call)
          },
        },
        secret: `secret-of-${target.kind}`,
        onFault: (error) => {
          throw error
        },
      },
      { port: 0 },
    )
  const [local, deployed] = await Promise.all([consoleOf(LOCAL), consoleOf(DEPLOYED)])
  const client = new HttpProcessClient({ url: stack.apiUrl })
  const stop = async (): Promise<void> => {
    await Promise.all([local.stop(), deployed.stop()])
    await stack.stop()
    await rm(folder, { recursive: true, force: true })
  }
  return { stack, client, badDeploy, local, deployed, calls, call: (asked) => send(transport, asked), stop }
}
