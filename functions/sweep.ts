import { sweepHandler } from '../lib/worker/lambda.ts'

export const handler = sweepHandler()
