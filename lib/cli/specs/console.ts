import { flag, spec, whole } from '../spec.ts'

const PORT_MAX = 65_535

export const CONSOLE = spec({
  name: 'console',
  summary: 'Serves the console on this machine, until Ctrl-C.',
  more: [
    'A page for the browser: what needs attention, what one process did and waits for, who holds it. It asks the API of the target with your credentials. Nothing is deployed for it.',
    'The address that it prints opens the page, and is a secret of this session: who has it may do on this machine what the console may.',
  ],
  args: {},
  options: {
    write: flag('let it change a deployed stack; without it, it only reads there'),
    port: whole('where it is served (4748 if that is free, else any free port)', 1, PORT_MAX),
    open: flag('open it in the browser'),
  },
  takes: ['target'],
  examples: [
    ['console --stack orders', 'to look at a deployed stack'],
    ['console --stack orders --write --open', 'to act on it'],
    ['console --local', 'of a local stack that runs'],
  ],
})
