import { spec, text } from '../spec.ts'

export const INIT = spec({
  name: 'init',
  summary: 'Makes a project, or adds one to a folder that has a package.json.',
  more: [
    'One process, its test, a CDK app and a workflow that replays stored histories. No file is overwritten; the command lists what it leaves as it is.',
  ],
  args: { dir: { about: 'the folder; without it the current one', optional: true } },
  options: { name: text('NAME', 'the name in package.json; without it that of the folder') },
  takes: ['confirm'],
  examples: [
    ['init shop', 'makes the folder shop with a project in it'],
    ['init --dry-run', 'says what would be added here'],
  ],
})
