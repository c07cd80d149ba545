import type { ComponentChildren } from 'preact'
import { useRef } from 'preact/hooks'
import { processPath } from '../model/route.ts'
import { go, path } from '../router.ts'
import { nextTheme, notice, target, theme } from '../state.ts'
import { Text } from './text.tsx'

// What stands around each screen.

const NAV = [
  ['/', 'Processes'],
  ['/kinds', 'Kinds'],
  ['/slots', 'Slots'],
  ['/health', 'Health'],
  ['/dlq', 'Dead letters'],
  ['/replay', 'Replay'],
] as const

export function Shell({ children }: { readonly children: ComponentChildren }) {
  return (
    <>
      <a class="skip" href="#main" onClick={skip}>
        Skip to the content
      </a>
      <header class="top">
        <a class="brand" href="/" aria-label="Leasehold, processes">
          <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true">
            <path d="M4 3v18M4 7h11a3.5 3.5 0 0 1 0 7H4" class="brand-line" />
            <circle cx="19" cy="18.5" r="2.5" class="brand-dot" />
          </svg>
          <span>Leasehold</span>
        </a>
        <nav aria-label="Console">
          <ul>
            {NAV.map(([href, label]) => (
              <li>
                <a href={href} aria-current={isWithin(path.value, href) ? 'page' : undefined}>
                  {label}
                </a>
              </li>
            ))}
          </ul>
        </nav>
        <GoTo />
        <TargetBadge />
        <button
          type="button"
          class="quiet"
          onClick={() => (theme.value = nextTheme(theme.value))}
          aria-label={`Theme: ${theme.value}. Change it`}
        >
          <svg viewBox="0 0 16 16" width="16" height="16" aria-hidden="true">
            <circle cx="8" cy="8" r="6.5" class="line" />
            <path d="M8 1.500a6.5 6.5 0 0 1 0 13z" />
          </svg>
          <span class="theme-word">{theme.value}</span>
        </button>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <Notice />
    </>
  )
}

function skip(event: MouseEvent): void {
  event.preventDefault()
  document.getElementById('main')?.focus()
}

function isWithin(path: string, href: string): boolean {
  if (href === '/') return path === '/' || path.startsWith('/p/')
  return path === href || path.startsWith(`${href}/`)
}

/** Goes straight to a process by its id. */
function GoTo() {
  const field = useRef<HTMLInputElement>(null)
  const submit = (event: Event): void => {
    event.preventDefault()
    const id = field.current?.value.trim() ?? ''
    if (id === '') return
    if (field.current !== null) field.current.value = ''
    go(processPath(id))
  }
  return (
    <form class="go-to" role="search" onSubmit={submit}>
      <input
        ref={field}
        type="text"
        aria-label="Go to the process with the id"
        placeholder="Go to id"
        autocomplete="off"
        spellcheck={false}
      />
    </form>
  )
}

function TargetBadge() {
  const at = target.value
  if (at === undefined) return null
  const { name, kind, region, writes, versions } = at
  const skew = versions.stack !== undefined && versions.stack !== versions.console
  return (
    <p class={`target ${kind}`}>
      <span class="target-name">
        <Text of={name} />
        {region !== undefined && <> · {region}</>}
      </span>
      {!writes && <span class="tag">read-only</span>}
      {skew && (
        <span
          class="tag warn"
          title={`The stack is of ${versions.stack}, this console of ${versions.console}.`}
        >
          stack {versions.stack}, console {versions.console}
        </span>
      )}
    </p>
  )
}

function Notice() {
  const said = notice.value
  return (
    <div class={`notice${said?.bad === true ? ' bad' : ''}`} role="status" hidden={said === undefined}>
      <span>{said !== undefined && <Text of={said.text} />}</span>
      <button
        type="button"
        class="quiet icon"
        aria-label="Dismiss the message"
        onClick={() => (notice.value = undefined)}
      >
        ×
      </button>
    </div>
  )
}
