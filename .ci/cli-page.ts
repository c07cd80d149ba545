import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pageOf } from '../lib/cli/page.ts'
import { TABLE } from '../lib/cli/table.ts'

// `npm run cli:page`: docs/cli.md, from the table of commands.

const INTRO = `
# The command \`leasehold\`

This page is made of the table of commands by \`npm run cli:page\`. Do not edit it.

\`\`\`
npx leasehold --help
\`\`\`

**Target.** A command asks the first of these that is there:

1. \`--local\`, \`--stack NAME\` or \`--api URL\`;
2. the variables \`LEASEHOLD_STACK\` or \`LEASEHOLD_API\`;
3. the local stack that runs in this folder or above it (\`.leasehold/dev.json\`);
4. the field \`leasehold\` of the nearest package.json: \`{ "leasehold": { "stack": "NAME" } }\`.

Without any of them it ends with 2. It prints the target on standard error before it asks it.

**Credentials.** A stack with IAM takes those that the AWS tools on the machine use, by \`--profile\` and \`--region\` if they
are given. An API with JWT takes the token that \`--token-command\` or \`LEASEHOLD_TOKEN_COMMAND\` prints.

**Output.** Data is on standard output, everything else on standard error. \`--json\` prints the answer of the API as it is.
`

/** The whole page. */
export function cliPage(): string {
  return pageOf(TABLE, INTRO)
}

export const PAGE = join(import.meta.dirname, '../docs/cli.md')

if (import.meta.main) writeFileSync(PAGE, cliPage())
