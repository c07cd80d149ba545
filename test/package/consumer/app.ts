import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { DurableProcesses } from 'leasehold/cdk'

// The infrastructure of a user. The folder of the synthesis is the first argument.

const app = new App({ outdir: process.argv[2] ?? 'cdk.out' })
const stack = new Stack(app, 'Shop')
const processes = new DurableProcesses(stack, 'Processes', {
  workerEntry: join(import.meta.dirname, 'worker.ts'),
  apiEntry: join(import.meta.dirname, 'api.ts'),
  payloadBucket: true,
})
const { directory } = app.synth()
console.log(JSON.stringify({ directory, metric: processes.metric('Completed').metricName }))
