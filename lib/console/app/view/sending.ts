import { useState } from 'preact/hooks'
import { refusalOf, type RequestRefused } from '../api.ts'

export type Sending = {
  readonly sending: boolean
  readonly failure?: RequestRefused
  readonly send: () => Promise<void>
}

/** One request that a person confirmed: sent once at a time, and its refusal kept for the dialog. */
export function useSending(run: () => Promise<void>): Sending {
  const [sending, setSending] = useState(false)
  const [failure, setFailure] = useState<RequestRefused | undefined>(undefined)
  const send = async (): Promise<void> => {
    if (sending) return
    setSending(true)
    setFailure(undefined)
    try {
      await run()
    } catch (error) {
      setFailure(refusalOf(error))
    } finally {
      setSending(false)
    }
  }
  return { sending, send, ...(failure !== undefined && { failure }) }
}
