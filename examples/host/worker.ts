import { workerHandler } from '../../lib/worker/lambda.ts'
import { report } from './report.ts'

/** The same processes on Lambda: a definition does not know what runs it. */
export const handler = workerHandler({ definitions: [report] })
