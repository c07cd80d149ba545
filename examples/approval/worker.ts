import { workerHandler } from '../../lib/worker/lambda.ts'
import { approval } from './approval.ts'

export const handler = workerHandler({ definitions: [approval] })
