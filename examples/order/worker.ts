import { workerHandler } from '../../lib/worker/lambda.ts'
import { order } from './order.ts'

export const handler = workerHandler({ definitions: [order] })
