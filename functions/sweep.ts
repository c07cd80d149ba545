import { sweepHandler } from '../lib/sweep/lambda.ts'

export const handler = sweepHandler()
