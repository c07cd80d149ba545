import type { ProcessView } from '../../../client/processes.ts'
import { isEndedStatus } from '../model/status.ts'
import { ErrorText } from './lane-detail.tsx'
import { LoadedValue } from './loaded-value.tsx'
import { Section } from './page.tsx'
import { JsonView } from './json-view.tsx'
import { asJson } from './raw.tsx'
import { Text } from './text.tsx'

export function Values({ view }: { readonly view: ProcessView }) {
  const { id, input, status } = view
  return (
    <>
      <Section title="Input">
        <LoadedValue key={`input ${id}`} id={id} seq={0} payload={input} what="input" />
      </Section>
      <Section title="Output">
        {isEndedStatus(status) ? <Output view={view} /> : <p class="dim">It has not ended yet.</p>}
      </Section>
    </>
  )
}

function Output({ view }: { readonly view: Pick<ProcessView, 'id' | 'output'> }) {
  const { id, output } = view
  if (output === undefined) return <p class="dim">None.</p>
  switch (output.outcome) {
    case 'success':
      return <LoadedValue key={`output ${id}`} id={id} payload={output.value} what="output" />
    case 'failure':
      return (
        <>
          <ErrorText error={output.error} />
          {output.evidence !== undefined && <JsonView value={asJson(output.evidence)} name="evidence" />}
        </>
      )
    case 'cancelled':
      return (
        <p>
          Cancelled
          {output.reason === undefined ? '.' : ': '}
          {output.reason !== undefined && <Text of={output.reason} />}
        </p>
      )
    case 'abandoned':
      return <JsonView value={asJson(output.evidence)} name="evidence" />
  }
}
