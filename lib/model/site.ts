/** A place in the author's code, as a stack that is only read if a message has to name it. */
export type Site = { readonly stack?: string }

/** Frames of this library that stand between an effect and the author's call, and a few of the author's. */
const FRAMES_KEPT = 5
/** Frames of an error of this library: as many as lead from any place in it to the author's code. */
const FRAMES_OF_ERROR = 30

/** The place that called `callee`. It costs some microseconds and bytes, so callers bound how many they keep. */
export function siteOf(callee: unknown, frames = FRAMES_KEPT): Site {
  return captured({}, callee, frames)
}

/** Gives an error that was created in a timer the stack of the author's call that it is about. */
export function moveTo(error: Error, { stack }: Site): void {
  const frames = stack?.indexOf('\n    at ') ?? -1
  if (frames !== -1) error.stack = `${error.name}: ${error.message}${stack?.slice(frames)}`
}

/** The stack of an error of this library, deep enough to end in the author's code, without its constructors. */
export function deepStack(error: Error): void {
  captured(error, error.constructor, FRAMES_OF_ERROR)
}

function captured<T extends object>(holder: T, callee: unknown, frames: number): T {
  const before = Error.stackTraceLimit
  Error.stackTraceLimit = frames
  Error.captureStackTrace(holder, callee as () => void)
  Error.stackTraceLimit = before
  return holder
}
