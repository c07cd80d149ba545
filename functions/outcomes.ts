import { outcomesHandler } from '../lib/outcomes/lambda.ts'

export const handler = outcomesHandler()
