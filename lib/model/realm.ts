// What a value is, whichever realm it comes from. A runner of tests that gives each file a realm of its own (`node:vm`) has two
// of each class: its own, and that of Node, whose files, sockets and `structuredClone` make values of the other.

/** In Node 24, and not yet in the types of ES2024. */
const { isError: isAnyError } = Error as unknown as { isError: (value: unknown) => boolean }

export function isError(value: unknown): value is Error {
  return isAnyError(value) || value instanceof Error
}

export function isDate(value: unknown): value is Date {
  return Object.prototype.toString.call(value) === '[object Date]'
}

export function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function'
}

/** Made by `{}`, by JSON or without a prototype, and by no class. */
export function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value)
  if (typeof prototype !== 'object' || prototype === null) return prototype === null
  // The prototype of all objects, in this realm or in another.
  return Object.getPrototypeOf(prototype) === null && Object.hasOwn(prototype, 'isPrototypeOf')
}
