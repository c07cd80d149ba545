import { effect, signal } from '@preact/signals'
import type { ConsoleTarget } from '../protocol.ts'
import { after, isVisible, now, onVisibility, stored } from './browser.ts'

// What all screens share.

/** What the console looks at; absent until the server has said it. */
export const target = signal<ConsoleTarget | undefined>(undefined)

/** The time, as often as a person can see it change. */
export const clock = signal(now())

/** Ticks each second while the page is visible. */
export function startClock(): void {
  let cancel = (): void => undefined
  const tick = (): void => {
    cancel()
    if (!isVisible()) return
    clock.value = now()
    cancel = after(1_000, tick)
  }
  onVisibility(tick)
  tick()
}

/** The last thing that the page did, for eyes and screen readers. */
export const notice = signal<{ readonly text: string; readonly bad?: boolean } | undefined>(undefined)

const THEMES = ['system', 'light', 'dark'] as const
export type Theme = (typeof THEMES)[number]
export const theme = signal<Theme>(
  THEMES.find((each) => each === stored.get('browser', 'leasehold-theme')) ?? 'system',
)

export function keepTheme(): void {
  effect(() => {
    document.documentElement.dataset['theme'] = theme.value
    stored.set('browser', 'leasehold-theme', theme.value)
  })
}

export function nextTheme(of: Theme): Theme {
  return THEMES[(THEMES.indexOf(of) + 1) % THEMES.length] ?? 'system'
}

/** Values that a person chose to see. Another process is hidden again. */
export const revealed = signal(false)
