import { apiHandler } from 'leasehold/api'
import { definitions } from './processes/index.ts'

export const handler = apiHandler({ definitions })
