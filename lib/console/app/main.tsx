import { render } from 'preact'
import { ask, refusalOf } from './api.ts'
import { followAddress, path, screen } from './router.ts'
import { takeSecret } from './session.ts'
import { keepTheme, notice, startClock, target } from './state.ts'
import { DeadLetters } from './view/dead-letters.tsx'
import { Health } from './view/health.tsx'
import { Home } from './view/home.tsx'
import { Kind, Kinds } from './view/kinds.tsx'
import { Page } from './view/page.tsx'
import { ProcessScreen } from './view/process.tsx'
import { Replay } from './view/replay.tsx'
import { Slots } from './view/slots.tsx'
import { Shell } from './view/shell.tsx'
import { Empty } from './view/states.tsx'

function App() {
  return (
    <Shell>
      <Current key={path.value} />
    </Shell>
  )
}

function Current() {
  const at = screen.value
  switch (at.name) {
    case 'home':
      return <Home />
    case 'process':
      return <ProcessScreen id={at.id} part={at.part} />
    case 'kinds':
      return <Kinds />
    case 'kind':
      return <Kind kind={at.kind} />
    case 'slots':
      return <Slots slot={at.key} />
    case 'health':
      return <Health />
    case 'dlq':
      return <DeadLetters />
    case 'replay':
      return <Replay />
    case 'schedules':
    case 'nowhere':
      return (
        <Page title="Nothing is here">
          <Empty title="This console has no such page">
            <p>
              Go to the <a href="/">processes</a>.
            </p>
          </Empty>
        </Page>
      )
  }
}

takeSecret()
keepTheme()
startClock()
followAddress()
const root = document.getElementById('app')
if (root !== null) render(<App />, root)
void ask('target', {}).then(
  (value) => (target.value = value),
  (error: unknown) => (notice.value = { text: refusalOf(error).message, bad: true }),
)
