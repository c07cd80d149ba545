import { choice, flag, spec, text, time, whole } from '../spec.ts'
import type { StoreName } from '../../local/store.ts'

const PORT_MAX = 65_535

export const DEV = spec({
  name: 'dev',
  summary: 'Runs the whole system on this machine, until Ctrl-C.',
  more: [
    'ENTRY is a module that exports definitions, a list of what defineProcess returns. Each save is taken in as a deploy would be: a bundle or type error keeps the old code, and each open process is replayed against the new code first.',
    'Without ENTRY it is leasehold.entry in package.json, or src/processes/index.ts. Without any of them, the process canary of this package runs.',
    'Worker and API are made of the definitions. If package.json names modules that export handler in leasehold.workerEntry and leasehold.apiEntry, they are those.',
    'A store for the table, an SQS emulator, the worker behind the queue, the sweep, the API and the status events, each handler in a process of its own.',
    'Emulators of your own: LEASEHOLD_DYNAMODB_ENDPOINT and LEASEHOLD_SQS_ENDPOINT.',
  ],
  args: { entry: { about: 'the module with your definitions', optional: true } },
  options: {
    'env-file': text('FILE', 'variables for your code, as lines NAME=value'),
    inspect: flag(
      'let a debugger attach to the worker at 127.0.0.1:9229; one worker, with a lease that outlasts a breakpoint',
    ),
    'skip-types': flag('take in code that has type errors'),
    example: text('NAME', 'run examples/NAME against it, then stop'),
    file: text('PATH', 'a file for the example'),
    rows: text('N', 'rows of the file that the example makes when --file is absent'),
    store: choice(
      ['embedded', 'dynamodb-local'] as const satisfies readonly StoreName[],
      'what holds the table: embedded (default) or dynamodb-local, which needs Java 11 or later and the package amplify-dynamodb-simulator',
      'STORE',
    ),
    data: text('DIR', 'keep table and queues in DIR; without it they are gone at the end'),
    workers: whole('worker processes at once (2)', 1, 999),
    'lease-ttl': time(
      "how long a dead worker's processes wait for the next worker (6s); renewed at a third of it",
    ),
    sweep: time('how often the sweep looks (2s)'),
    'api-port': whole('where the API is served (4747 if that is free, else any free port)', 1, PORT_MAX),
    'console-port': whole(
      'where the console is served (4748 if that is free, else any free port)',
      1,
      PORT_MAX,
    ),
    open: flag('open the console in the browser'),
    'sqs-port': whole(
      'where the SQS emulator listens (any free port), so that queue URLs stay the same',
      1,
      PORT_MAX,
    ),
    'api-auth': choice(
      ['none', 'iam', 'jwt'],
      'none (default); iam: requests have to be signed (AWS Signature V4) with the access key "local" and the secret "local"; jwt: they need a token, which the start prints',
    ),
    events: flag('each event that the outcome bus takes, on a line'),
    verbose: flag('every line of the handlers'),
  },
  takes: [],
})
