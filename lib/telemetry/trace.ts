import { SpanStatusCode, trace, type Attributes, type Span } from '@opentelemetry/api'
import { errorFacts } from './error-facts.ts'
import type { Facts } from './port.ts'

/** What a span is of. `look`: all that one message or call did for a process; the others lie within it. */
type SpanName = 'look' | 'claim' | 'segment' | 'step'

/** Where the library says what it spends its time on. */
export interface Tracer {
  /** Runs `run` within a span, which ends with it. `tell` adds facts that are known only then. */
  span<T>(name: SpanName, facts: Facts, run: (tell: (facts: Facts) => void) => Promise<T>): Promise<T>
}

/**
 * Spans of OpenTelemetry, as `leasehold.<name>` with attributes `leasehold.<fact>`. Without an SDK in the process, which a
 * layer or the host brings, each is a call of a function that does nothing.
 */
export const OPEN_TELEMETRY: Tracer = {
  span(name, facts, run) {
    // Looked up each time: an SDK may be registered after this module was loaded.
    const tracer = trace.getTracer('leasehold')
    return tracer.startActiveSpan(`leasehold.${name}`, { attributes: attributesOf(facts) }, async (span) => {
      try {
        return await run((more) => void span.setAttributes(attributesOf(more)))
      } catch (error) {
        fail(span, error)
        throw error
      } finally {
        span.end()
      }
    })
  },
}

/** Of an error the same as in a log line: never what it carries besides. */
function fail(span: Span, error: unknown): void {
  // A stack costs the reading of its source map, so an unrecorded span gets none.
  if (!span.isRecording()) return
  span.setStatus({ code: SpanStatusCode.ERROR })
  try {
    const { name, message, stack } = errorFacts(error)
    span.recordException({ name, message, ...(stack === undefined ? {} : { stack }) })
  } catch {
    // An author's error may throw when it is read. The error itself reaches the code that handles it.
  }
}

function attributesOf(facts: Facts): Attributes {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([key, value]) =>
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
        ? [[`leasehold.${key}`, value]]
        : [],
    ),
  )
}
