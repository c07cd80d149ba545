import type { ProcessView } from '../../../client/processes.ts'
import type { Json } from '../../../model/json.ts'
import { JsonView } from './json-view.tsx'
import { RevealButton, valuesShown } from './reveal.tsx'

/** The row as the API gives it. Its values are left out where the target hides them. */
export function Raw({ view }: { readonly view: ProcessView }) {
  const shown = valuesShown()
  return (
    <>
      {!shown && <RevealButton what="input and the output" />}
      <JsonView value={asJson(shown ? view : withoutValues(view))} name="the process" />
    </>
  )
}

function withoutValues(view: ProcessView): object {
  const { input: _input, output, ...rest } = view
  return output?.outcome === 'success' ? rest : { ...rest, ...(output && { output }) }
}

/** What came as JSON, without the fields that the page itself set to nothing. */
export function asJson(value: object): Json {
  const json: Json = JSON.parse(JSON.stringify(value))
  return json
}
