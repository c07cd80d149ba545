import { workerHandler } from '../../lib/worker/lambda.ts'
import { importCsv } from './import-csv.ts'

export const handler = workerHandler({ definitions: [importCsv] })
