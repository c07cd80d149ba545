/** What the command ends with. Scripts go by these numbers, so none changes its meaning. */
export const EXIT = {
  ok: 0,
  failed: 1,
  usage: 2,
  unknown: 3,
  rights: 4,
  refused: 5,
  timeout: 6,
  partly: 7,
  problems: 10,
  endedFailed: 20,
  endedCancelled: 21,
  endedAbandoned: 22,
  /** 128 + the number of SIGINT. */
  interrupted: 130,
} as const
export type ExitCode = (typeof EXIT)[keyof typeof EXIT]

/** The exit code of each error of the API that is not simply a failure. */
const EXIT_OF: Readonly<Record<string, ExitCode>> = {
  invalid_id: EXIT.usage,
  invalid_input: EXIT.usage,
  not_serialisable: EXIT.usage,
  unknown_kind: EXIT.unknown,
  unknown_process: EXIT.unknown,
  no_longer_retained: EXIT.unknown,
  unauthenticated: EXIT.rights,
  forbidden: EXIT.rights,
  completion_refused: EXIT.rights,
  registration_conflict: EXIT.refused,
  completion_conflict: EXIT.refused,
  key_conflict: EXIT.refused,
  process_ended: EXIT.refused,
  process_open: EXIT.refused,
  signal_refused: EXIT.refused,
  slot_in_use: EXIT.refused,
  payload_too_large: EXIT.refused,
  wait_timed_out: EXIT.timeout,
}

/** By the code of an error. */
export function exitOf(code: string): ExitCode {
  return EXIT_OF[code] ?? EXIT.failed
}
