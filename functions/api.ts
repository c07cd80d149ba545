import { apiHandler } from '../lib/api/lambda.ts'
import { definitions } from './processes/index.ts'

export const handler = apiHandler({ definitions })
