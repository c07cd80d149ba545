import { apiHandler } from 'leasehold/api'
import { order } from './order.ts'

export const handler = apiHandler({ definitions: [order] })
