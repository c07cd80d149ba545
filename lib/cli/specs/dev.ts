import { choice, flag, spec, text, time, whole } from '../spec.ts'
import type { StoreName } from '../../local/store.ts'

const PORT_MAX = 65_535

export const DEV = spec({
  name: 'dev',
  summary: 'Runs the whole system on this machine, until Ctrl-C.',
  more: [
    'A store for the table, an SQS emulator, the worker behind the queue, the sweep, the API and the status events, each handler in a process of its own.',
    'Emulators of your own: LEASEHOLD_DYNAMODB_ENDPOINT and LEASEHOLD_SQS_ENDPOINT.',
  ],
  args: {},
  options: {
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
    'api-port': whole('where the API is served (any free port)', 1, PORT_MAX),
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
    verbose: flag('every line of the handlers while an example runs'),
  },
  takes: [],
})
