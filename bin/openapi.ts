import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openApi } from '../lib/api/openapi.ts'

// `npm run openapi`: writes docs/openapi.json anew. A test compares it with what the API serves.

writeFileSync(
  join(import.meta.dirname, '../docs/openapi.json'),
  `${JSON.stringify(openApi(), undefined, 2)}\n`,
)
