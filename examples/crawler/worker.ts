import { workerHandler } from '../../lib/worker/lambda.ts'
import { crawler } from './crawler.ts'

export const handler = workerHandler({ definitions: [crawler] })
