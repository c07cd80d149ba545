import type { PayloadPorts } from '../../../lib/registry/payload-ports.ts'
import { S3Payloads } from '../../../lib/s3/s3-payloads.ts'
import { simulatedS3, type Bucket } from './bucket.ts'
import { simulatedCodec } from './codec.ts'
import type { HostProcess } from './host-process.ts'
import type { Scenario } from './scenario.ts'

const LARGE_MAX_BYTES = 1_048_576

/** Values as the host processes of a world keep them: one bucket for all, and a codec for each host process that reads what others coded. */
export function payloadsOf(
  { coded = false, bucket = false }: Pick<Scenario, 'coded' | 'bucket'>,
  stored: (key: string, bytes: Uint8Array) => void,
): (hostProcess: HostProcess) => PayloadPorts {
  const objects: Bucket = new Map()
  return (hostProcess) => ({
    ...(coded ? { codec: simulatedCodec() } : {}),
    ...(bucket ? { large: largeOf(objects, hostProcess, stored) } : {}),
  })
}

function largeOf(
  objects: Bucket,
  hostProcess: HostProcess,
  stored: (key: string, bytes: Uint8Array) => void,
): S3Payloads {
  const client = simulatedS3(objects, { call: (asked) => hostProcess.call(asked), put: stored })
  return new S3Payloads({ client, bucket: 'simulated', maxBytes: LARGE_MAX_BYTES })
}
