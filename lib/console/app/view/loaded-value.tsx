import { useState } from 'preact/hooks'
import type { Json } from '../../../model/json.ts'
import type { Payload } from '../../../model/log.ts'
import { ask, refusalOf, type RequestRefused } from '../api.ts'
import { bytesText } from '../model/words.ts'
import { JsonView } from './json-view.tsx'
import { RevealButton, valuesShown } from './reveal.tsx'
import { Failure } from './states.tsx'

type Loaded = { readonly value: Json } | { readonly failure: RequestRefused } | { readonly loading: true }

/** A value of a process: at once if it came along, after a click if it is large, and hidden where the target says so. */
export function LoadedValue(of: {
  readonly id: string
  /** The entry that holds it; 0 is the input, and absent the output. */
  readonly seq?: number
  readonly payload: Payload
  readonly what: string
}) {
  const { id, seq, payload, what } = of
  const [loaded, setLoaded] = useState<Loaded | undefined>(undefined)
  if (!valuesShown()) return <RevealButton what={what} />
  if ('value' in payload) return <JsonView value={payload.value} name={what} />
  const load = async (): Promise<void> => {
    setLoaded({ loading: true })
    try {
      setLoaded({ value: await valueOf(id, seq) })
    } catch (error) {
      setLoaded({ failure: refusalOf(error) })
    }
  }
  if (loaded !== undefined && 'value' in loaded) return <JsonView value={loaded.value} name={what} />
  return (
    <>
      {loaded !== undefined && 'failure' in loaded && <Failure of={loaded.failure} />}
      <p>
        <button
          type="button"
          disabled={loaded !== undefined && 'loading' in loaded}
          onClick={() => void load()}
        >
          Load {what} ({bytesText(payload.bytes)})
        </button>
      </p>
    </>
  )
}

async function valueOf(id: string, seq: number | undefined): Promise<Json> {
  if (seq !== undefined) return (await ask('payload', { id, seq })).value
  const { output } = await ask('result', { id })
  return output?.outcome === 'success' ? output.value : null
}
