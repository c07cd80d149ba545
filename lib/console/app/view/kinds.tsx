import type { KindView } from '../../../client/kinds.ts'
import { ask } from '../api.ts'
import { useLive } from '../live.ts'
import { COMMANDS } from '../model/commands.ts'
import { filterQuery } from '../model/filter.ts'
import { durationText } from '../model/words.ts'
import { Fact, Page, Section } from './page.tsx'
import { Empty, Shown } from './states.tsx'
import { JsonView } from './json-view.tsx'
import { StartForm } from './start-form.tsx'
import { KindLink, Text } from './text.tsx'

const AFTER = {
  rerun: 'runs again from its history',
  abandon: 'is given up',
  external: 'is completed by another system',
} as const satisfies Record<KindView['recovery'], string>

const ABOUT = {
  rerun: 'runs again from its history after a crash',
  abandon: 'is given up after a crash',
  external: 'is completed by another system',
} as const satisfies Record<KindView['recovery'], string>

export function Kinds() {
  const live = useLive('kinds', (signal) => ask('kinds', {}, signal), { once: true })
  return (
    <Page title="Kinds" command={COMMANDS.kinds}>
      <Shown live={live} what="kinds">
        {(kinds) =>
          kinds.length === 0 ? (
            <Empty title="No kind is deployed">
              <p>Add a process to the entry of your workers, and deploy.</p>
            </Empty>
          ) : (
            <ul class="cards">
              {kinds.map(({ kind, version, recovery }) => (
                <li key={kind}>
                  <h2>
                    <KindLink kind={kind} />
                  </h2>
                  <p class="dim">
                    {version !== undefined && (
                      <>
                        version <Text of={version} />,{' '}
                      </>
                    )}
                    {ABOUT[recovery]}
                  </p>
                  <p>
                    <a href={`/${filterQuery({ kind })}`} aria-label={`Processes of ${kind}`}>
                      Processes
                    </a>
                  </p>
                </li>
              ))}
            </ul>
          )
        }
      </Shown>
    </Page>
  )
}

export function Kind({ kind }: { readonly kind: string }) {
  const live = useLive('kinds', (signal) => ask('kinds', {}, signal), { once: true })
  return (
    <Page title={kind} over="Kind" command={COMMANDS.kinds}>
      <Shown live={live} what="the kind">
        {(kinds) => {
          const view = kinds.find((each) => each.kind === kind)
          if (view === undefined)
            return (
              <Empty title="No kind of this name is deployed here">
                <p>
                  Its processes may still be there: <a href={`/${filterQuery({ kind })}`}>look at them</a>.
                </p>
              </Empty>
            )
          return <KindParts view={view} />
        }}
      </Shown>
    </Page>
  )
}

function KindParts({ view }: { readonly view: KindView }) {
  const { kind, version, recovery, limits, input, output, events } = view
  return (
    <>
      <dl class="facts">
        <Fact name="After a crash">It {AFTER[recovery]}.</Fact>
        {version !== undefined && (
          <Fact name="Version">
            <Text of={version} />
          </Fact>
        )}
        {limits?.timeoutMs !== undefined && <Fact name="Timeout">{durationText(limits.timeoutMs)}</Fact>}
        <Fact name="Processes">
          <a href={`/${filterQuery({ kind })}`}>Look at them</a>
        </Fact>
      </dl>
      {recovery !== 'external' && (
        <Section title="Start a process">
          <StartForm key={kind} view={view} />
        </Section>
      )}
      {input !== undefined && (
        <Section title="Schema of the input">
          <JsonView value={input} name="the schema of the input" />
        </Section>
      )}
      {output !== undefined && (
        <Section title="Schema of the output">
          <JsonView value={output} name="the schema of the output" />
        </Section>
      )}
      {events !== undefined && (
        <Section title="Events">
          <JsonView value={events} name="events" />
        </Section>
      )}
    </>
  )
}
