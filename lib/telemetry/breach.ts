import type { ProcessId } from '../model/ids.ts'
import type { Telemetry } from './port.ts'

/** An open process that is neither leased, nor due, nor waits for a named event (C52). Each audit that finds it reports it again. */
export function tellBreach(telemetry: Telemetry, id: ProcessId): void {
  telemetry.count('AuditBreach', 1, { id })
  telemetry.warn('open process has no due time and will never be swept', { id })
}
