import type { Fault } from '../../world/faults.ts'
import { secondsIn } from './item.ts'

/** What struck a request, in words, and whether it was carried out. */
export function faultIn({ kind, ms = 0 }: Fault): string {
  const time = secondsIn(Math.abs(ms))
  switch (kind) {
    case 'crash before':
      return 'crashes before it is sent'
    case 'crash after':
      return 'carried out, and crashes before it hears so'
    case 'pause before':
      return `stands still for ${time}, and sends it then`
    case 'pause after':
      return `carried out, and stands still for ${time} before it hears so`
    case 'request lost':
      return 'lost on its way, not carried out'
    case 'reply lost':
      return 'carried out, and the answer is lost'
    case 'timeout before':
      return `not carried out, and given up after ${time}`
    case 'timeout after':
      return `carried out, and given up without an answer after ${time}`
    case 'late':
      return `given up, and carried out ${time} later all the same`
    case 'slow':
      return `${time} on its way`
    case 'throttle':
      return 'throttled, not carried out'
    case 'conflict':
      return 'refused for a transaction conflict, not carried out'
    case 'error 500':
      return 'answered by error 500, not carried out'
    case 'error 500 after':
      return 'carried out, and answered by error 500'
    case 'index lags':
      return `an index shows it ${time} late`
    case 'stale read':
      return `reads what was there ${time} ago`
    case 'keys left over':
      return 'half of the keys are left unread'
    case 'short page':
      return 'a page of one row'
    case 'clock jump':
    case 'clock skew':
      return `its clock ${kind === 'clock jump' ? 'jumps' : 'is'} ${time} ${ms < 0 ? 'behind' : 'ahead'}`
    case 'message lost':
      return 'the message is lost'
    case 'message doubled':
      return `the message comes twice, ${time} apart`
    case 'message late':
      return `the message comes ${time} late`
    case 'send refused':
      return 'the message is refused'
    case 'hide refused':
      return 'the first message is not hidden'
    case 'message early':
      return `the messages come after ${time} all the same`
    case 'message comes back':
      return `it comes back after ${time} all the same`
  }
}
