import { statusEventsHandler } from '../lib/status-events/lambda.ts'

export const handler = statusEventsHandler()
