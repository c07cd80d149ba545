import { workerHandler } from '../lib/worker/lambda.ts'
import { definitions } from './processes/index.ts'

export const handler = workerHandler({ definitions })
