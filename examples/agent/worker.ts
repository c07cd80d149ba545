import { workerHandler } from '../../lib/worker/lambda.ts'
import { agent } from './agent.ts'

export const handler = workerHandler({ definitions: [agent] })
