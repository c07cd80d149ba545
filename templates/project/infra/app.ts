import { join } from 'node:path'
import { App, Stack } from 'aws-cdk-lib'
import { DurableProcesses } from 'leasehold/cdk'

const SOURCES = join(import.meta.dirname, '../src')

const app = new App()
const stack = new Stack(app, 'Processes')
/** Grant its worker what your steps use: processes.worker.handler.role. */
export const processes = new DurableProcesses(stack, 'Processes', {
  workerEntry: join(SOURCES, 'worker.ts'),
  apiEntry: join(SOURCES, 'api.ts'),
})
