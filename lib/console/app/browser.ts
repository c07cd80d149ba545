// What only a browser has: a clock, chance, timers and what it stores for the page.

export function now(): number {
  return Date.now()
}

export function newKey(): string {
  return crypto.randomUUID()
}

/** Calls back once after a time, unless the returned function is called first. */
export function after(ms: number, then: () => void): () => void {
  const timer = setTimeout(then, ms)
  return () => clearTimeout(timer)
}

export function isVisible(): boolean {
  return document.visibilityState === 'visible'
}

/** Calls back each time the page becomes visible or hidden. Returns how to stop. */
export function onVisibility(then: () => void): () => void {
  document.addEventListener('visibilitychange', then)
  return () => document.removeEventListener('visibilitychange', then)
}

/** Stored for this browser, or for this tab alone. A browser that refuses to store forgets. */
export const stored = {
  get: (where: 'browser' | 'tab', name: string): string | undefined => {
    try {
      return storeOf(where).getItem(name) ?? undefined
    } catch {
      // Storage is turned off: the page works without it.
      return undefined
    }
  },
  set: (where: 'browser' | 'tab', name: string, value: string): void => {
    try {
      storeOf(where).setItem(name, value)
    } catch {
      // As above: the value lasts as long as the page.
    }
  },
}

function storeOf(where: 'browser' | 'tab'): Storage {
  return where === 'browser' ? localStorage : sessionStorage
}
