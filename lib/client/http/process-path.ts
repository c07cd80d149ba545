import { parseProcessId } from '../../model/ids.ts'

/** The path of a process, or of a route below it. Throws `InvalidId`: another text could name another path. */
export function processPath(id: string, below?: string): string {
  return `/v1/processes/${parseProcessId(id)}${below === undefined ? '' : `/${below}`}`
}
