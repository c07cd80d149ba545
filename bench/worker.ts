import { workerHandler } from '../lib/worker/lambda.ts'
import { threeSteps, traceTo } from './three-steps.ts'

// The worker that benches run behind the queue: the library's own handler with the bench's process.

const trace = process.env['BENCH_TRACE']

export const handler = workerHandler({
  definitions: [threeSteps(trace === undefined ? undefined : traceTo(trace))],
})
