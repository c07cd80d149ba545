import { flag, text, type CommonOptions, type OptionSpec, type OptionValues } from './spec.ts'

// Options that many commands take, with one meaning.

const TARGET = {
  local: flag('the local stack that runs in this folder or above it'),
  stack: text('NAME', 'a CloudFormation stack with DurableProcesses in it'),
  region: text('REGION', 'the Region of the stack or of the API'),
  profile: text('NAME', 'the profile of the AWS credentials'),
  api: text('URL', 'where an API is'),
  'token-command': text('COMMAND', 'a command that prints a token for an API with JWT'),
}
const JSON_OUTPUT = {
  json: flag('the answer as the API gives it; streams as one JSON value a line'),
  utc: flag('times in UTC'),
}
const CONFIRM = {
  yes: flag('do it without asking'),
  'dry-run': flag('say what would be done, and do nothing'),
}
/** Every command takes it. */
export const COLOUR = { 'no-color': flag('no colours') }

export const COMMON = { target: TARGET, json: JSON_OUTPUT, confirm: CONFIRM } satisfies Record<
  CommonOptions,
  Readonly<Record<string, OptionSpec>>
>
export const HEADINGS: Readonly<Record<CommonOptions, string>> = {
  target: 'Target:',
  json: 'Output:',
  confirm: 'Confirmation:',
}

export type CommonValues = OptionValues<typeof TARGET> &
  OptionValues<typeof JSON_OUTPUT> &
  OptionValues<typeof CONFIRM> &
  OptionValues<typeof COLOUR>
