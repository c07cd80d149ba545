import * as v from 'valibot'
import { configured } from '../model/validation.ts'

const text = v.pipe(v.string(), v.minLength(1))

/** The environment variables of the status-event function. */
const ENVIRONMENT = v.object({
  LEASEHOLD_TABLE: text,
  /** Name or ARN. */
  LEASEHOLD_EVENT_BUS: text,
  LEASEHOLD_STATUS_EVENTS_DEAD_LETTER_URL: text,
  /** For emulators: the endpoints to use instead of AWS's own. */
  LEASEHOLD_DYNAMODB_ENDPOINT: v.optional(text),
  LEASEHOLD_SQS_ENDPOINT: v.optional(text),
  LEASEHOLD_EVENTS_ENDPOINT: v.optional(text),
  AWS_LAMBDA_FUNCTION_NAME: v.optional(text, 'leasehold-status-events'),
})

export type StatusEventsEnvironment = v.InferOutput<typeof ENVIRONMENT>

/** Reads it once, at a cold start. Throws `InvalidConfig`, naming each variable that is missing. */
export function readStatusEventsEnvironment(
  env: Record<string, string | undefined>,
): StatusEventsEnvironment {
  return configured(ENVIRONMENT, env)
}
