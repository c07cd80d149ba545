import type { JSX } from 'preact'
import type { Status } from '../../../model/record.ts'
import { STATUS_WORDS } from '../model/status.ts'

/** A shape for each status, so that colour is never the only sign. */
const SHAPES: Record<Status, () => JSX.Element> = {
  pending: () => <circle cx="8" cy="8" r="5.5" class="line dashed" />,
  running: () => (
    <>
      <circle cx="8" cy="8" r="7" />
      <path d="M6.3 4.8 11.4 8l-5.1 3.2z" class="knock" />
    </>
  ),
  waiting: () => (
    <>
      <circle cx="8" cy="8" r="5.8" class="line" />
      <path d="M6.3 5.8v4.4M9.7 5.8v4.4" class="line" />
    </>
  ),
  stuck: () => (
    <>
      <path d="M5.2 1h5.6L15 5.2v5.6L10.8 15H5.2L1 10.8V5.2z" />
      <path d="M8 4.2v4.6M8 11v1" class="knock-line" />
    </>
  ),
  completed: () => (
    <>
      <circle cx="8" cy="8" r="7" />
      <path d="m4.8 8.2 2.2 2.3 4.2-4.8" class="knock-line" />
    </>
  ),
  failed: () => (
    <>
      <path d="M8 .8 15.2 8 8 15.2.8 8z" />
      <path d="m6 6 4 4m0-4-4 4" class="knock-line" />
    </>
  ),
  cancelled: () => (
    <>
      <circle cx="8" cy="8" r="5.8" class="line" />
      <path d="m4.2 11.8 7.6-7.6" class="line" />
    </>
  ),
  abandoned: () => (
    <>
      <path d="M8 1.5 15 14H1z" class="line" />
      <path d="M8 6v4M8 11.5v.8" class="line" />
    </>
  ),
}

export function StatusIcon({ status }: { readonly status: Status }) {
  const Shape = SHAPES[status]
  return (
    <svg class="status-icon" viewBox="0 0 16 16" width="14" height="14" aria-hidden="true">
      <Shape />
    </svg>
  )
}

export function StatusBadge({
  status,
  large = false,
}: {
  readonly status: Status
  readonly large?: boolean
}) {
  return (
    <span class={`badge ${status}${large ? ' large' : ''}`}>
      <StatusIcon status={status} />
      {STATUS_WORDS[status]}
    </span>
  )
}
