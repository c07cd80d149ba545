import * as v from 'valibot'
import type { Program } from './programs.ts'

/** How often a process is claimed is chaos's doing and not its own: it never counts as one that kills its workers. */
const limits = { maxStalls: 1_000 }
const input = v.custom<Program>((value) => Array.isArray(value))
const output = v.string()

/** What a caller needs to know of the processes that are to be killed. */
export const ROOT = { kind: 'chaos', input, output, limits }
export const CHILD = { kind: 'chaos-child', input, output, limits }
