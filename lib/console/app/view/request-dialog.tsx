import { useState } from 'preact/hooks'
import type { ProcessView } from '../../../client/processes.ts'
import { ask } from '../api.ts'
import { COMMANDS } from '../model/commands.ts'
import { processPath } from '../model/route.ts'
import type { Action } from '../model/status.ts'
import { go } from '../router.ts'
import { notice, target } from '../state.ts'
import { CliLine } from './cli-line.tsx'
import { Dialog } from './dialog.tsx'
import { Failure } from './states.tsx'
import { useSending } from './sending.ts'
import { DialogFoot, TextField } from './text-field.tsx'
import { Text } from './text.tsx'

type Request = Exclude<Action, 'signal' | 'answer'>

const TEXTS: Record<Request, { readonly verb: string; readonly says: string; readonly done: string }> = {
  cancel: {
    verb: 'Cancel',
    says: 'Its code gets a signal to stop at its next wait or step, and can still clean up. A process that nothing runs ends at once.',
    done: 'The cancel was asked for.',
  },
  abandon: {
    verb: 'Abandon',
    says: 'It is given up as soon as no live lease holds it. Its code does not run again and cleans nothing up. This cannot be undone.',
    done: 'It will be abandoned.',
  },
  resume: {
    verb: 'Resume',
    says: 'A worker replays its history and continues. Deploy code that fits the history first, or it is stuck again.',
    done: 'It was resumed.',
  },
  retry: {
    verb: 'Retry',
    says: 'A new process starts from the beginning with the same input. Every step runs again: a charge is made a second time.',
    done: 'The retry has started.',
  },
}

/** Confirms a request by the name of its process. What cannot be undone is confirmed by typing the id. */
export function RequestDialog({
  action,
  view,
  close,
  changed,
}: {
  readonly action: Request
  readonly view: ProcessView
  readonly close: () => void
  readonly changed: () => void
}) {
  const { id } = view
  const { verb, says, done } = TEXTS[action]
  const [reason, setReason] = useState('')
  const [as, setAs] = useState('')
  const [typed, setTyped] = useState('')
  const takesReason = action === 'cancel' || action === 'abandon'
  const byTyping = action === 'abandon' || (target.value?.kind === 'deployed' && action !== 'resume')
  const { sending, failure, send } = useSending(async () => {
    const to = await carryOut(action, id, { reason, as })
    close()
    notice.value = { text: done }
    changed()
    if (to !== undefined) go(processPath(to))
  })
  const submit = (event: Event): void => {
    event.preventDefault()
    if (!byTyping || typed === id) void send()
  }
  return (
    <Dialog title={`${verb} ${id}?`} close={close}>
      <form onSubmit={submit}>
        <p>{says}</p>
        {takesReason && (
          <TextField label="Reason, kept in the history" value={reason} change={setReason} maxLength={1000} />
        )}
        {action === 'retry' && (
          <TextField
            label="Id of the new process"
            value={as}
            change={(text) => setAs(text.trim())}
            placeholder={`${id}.retry`}
          />
        )}
        {byTyping && (
          <TextField
            label={
              <>
                Type <Text of={id} code /> to confirm
              </>
            }
            value={typed}
            change={(text) => setTyped(text.trim())}
          />
        )}
        {failure !== undefined && <Failure of={failure} />}
        <CliLine command={commandOf(action, id, reason)} />
        <DialogFoot
          close={close}
          label={`${verb} ${id.length > 32 ? 'this process' : id}`}
          sending={sending}
          disabled={byTyping && typed !== id}
          danger={takesReason}
        />
      </form>
    </Dialog>
  )
}

/** Sends the request. Returns the process to go to, if it is another one. */
async function carryOut(
  action: Request,
  id: string,
  { reason, as }: { readonly reason: string; readonly as: string },
): Promise<string | undefined> {
  const why = reason === '' ? {} : { reason }
  switch (action) {
    case 'cancel':
      await ask('cancel', { id, ...why })
      return undefined
    case 'abandon':
      await ask('abandon', { id, ...why })
      return undefined
    case 'resume':
      await ask('resume', { id })
      return undefined
    case 'retry':
      return (await ask('retry', { id, ...(as === '' ? {} : { as }) })).id
  }
}

function commandOf(action: Request, id: string, reason: string) {
  switch (action) {
    case 'cancel':
      return COMMANDS.cancel(id, reason)
    case 'abandon':
      return COMMANDS.abandon(id, reason)
    case 'resume':
      return COMMANDS.resume(id)
    case 'retry':
      return COMMANDS.retry(id)
  }
}
