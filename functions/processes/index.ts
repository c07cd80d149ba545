import { canary } from './canary.ts'

/** The processes that this deployment runs. A new one is a file beside this and a line here. */
export const definitions = [canary]
