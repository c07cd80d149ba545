import axeCore from 'axe-core'
import { chromium, type Browser, type Page } from 'playwright-core'

// Debian's Chromium, one for all tests of a file.

const CHROMIUM = process.env['LEASEHOLD_CHROMIUM'] ?? '/usr/bin/chromium'

/** Tests run as root in a container, where its sandbox cannot start. It loads only pages that this test serves. */
export function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: CHROMIUM,
    args: ['--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', '--disable-extensions'],
  })
}

export type Tab = {
  readonly page: Page
  /** What the browser has complained of: errors of the script, and refusals of its policies. */
  readonly complaints: readonly string[]
  readonly close: () => Promise<void>
}

type How = {
  readonly colorScheme?: 'light' | 'dark'
  readonly viewport?: { readonly width: number; readonly height: number }
}

/** A tab with a storage of its own. */
export async function openTab(browser: Browser, url: string, how: How = {}): Promise<Tab> {
  const context = await browser.newContext({
    viewport: how.viewport ?? { width: 1_280, height: 900 },
    colorScheme: how.colorScheme ?? 'light',
    reducedMotion: 'reduce',
    timezoneId: 'UTC',
    locale: 'en-GB',
  })
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(String(error)))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.setDefaultTimeout(30_000)
  await page.goto(url)
  return { page, complaints, close: () => context.close() }
}

/** The address of a screen, with the session's secret. */
export function at(consoleUrl: string, path: string): string {
  const url = new URL(consoleUrl)
  return `${url.origin}${path}${url.hash}`
}

/** What keeps people from using the page, as axe names it: WCAG 2.2 A and AA. */
export async function barriersOf(page: Page): Promise<readonly string[]> {
  // The page takes no script of others, so the browser itself evaluates it.
  await page.evaluate(axeCore.source)
  return page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof axeCore }
    const { violations } = await axe.run({
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'],
    })
    return violations.map(
      ({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 200)).join(' | ')}`,
    )
  })
}
