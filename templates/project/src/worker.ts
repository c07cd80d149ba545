import { workerHandler } from 'leasehold'
import { definitions } from './processes/index.ts'

export const handler = workerHandler({ definitions })
