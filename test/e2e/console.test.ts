import { existsSync, mkdirSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { fetchHistory } from '../../lib/cli/fetch-history.ts'
import { parseProcessId } from '../../lib/model/ids.ts'
import { writeHistory } from '../../lib/testing/history.ts'
import { at, barriersOf, launchBrowser, openTab, type Tab } from './console/browser.ts'
import { bringAbout, deadLetters, FAILED, ignoredCancel, takenOver } from './console/incidents.ts'
import { consoleStack, type ConsoleStack } from './console/stack.ts'

// The page in a real browser, on a real stack, after real incidents.

let console: ConsoleStack
let browser: Browser
let tab: Tab
let page: Page

beforeAll(async () => {
  ;[console, browser] = await Promise.all([consoleStack(), launchBrowser()])
  await bringAbout(console)
  tab = await openTab(browser, console.local.url)
  page = tab.page
})
afterAll(async () => {
  await browser.close()
  await console.stop()
})

const IMAGES = join(import.meta.dirname, '../../docs/images')
/** `CONSOLE_IMAGES=1 npx vitest run test/e2e/console.test.ts` draws the pictures of docs/console.md anew. */
async function picture(name: string): Promise<void> {
  const path = join(IMAGES, `console-${name}.png`)
  if (process.env['CONSOLE_IMAGES'] === '1') {
    mkdirSync(IMAGES, { recursive: true })
    await page.screenshot({ path })
  }
  expect(existsSync(path)).toBe(true)
}

async function show(path: string): Promise<void> {
  await page.goto(at(console.local.url, path))
}

/** What the screen says, once it says this. */
async function says(...texts: readonly (string | RegExp)[]): Promise<void> {
  for (const text of texts) await page.locator('main').getByText(text).first().waitFor()
}

/** The token of a callback, from the value of the step that handed it over. */
async function tokenOf(id: string): Promise<string> {
  for await (const entry of console.client.events(id)) {
    if (entry.type !== 'effect' || !entry.outcome.ok) continue
    const payload = entry.outcome.value
    const value = payload !== undefined && 'value' in payload ? payload.value : null
    if (typeof value !== 'object' || value === null || !('token' in value)) continue
    if (typeof value['token'] === 'string') return value['token']
  }
  throw new Error(`${id} has handed over no token`)
}

const button = (name: string | RegExp) => page.getByRole('button', { name })
const link = (name: string | RegExp) => page.getByRole('link', { name, exact: typeof name === 'string' })

describe('the cause of an incident is found', () => {
  test('of a stuck process in one click', async () => {
    await link('fickle-1').first().click()
    await says(/Stuck since/u, /holds step .charge the card/u, /asked for step .reserve the goods/u)
    expect(await button('Resume').count()).toBeGreaterThan(0)
  })

  test('of a process that kills its workers in one click', async () => {
    await show('/')
    await says('attempts_exhausted')
    await picture('home')
    await link('poison-1').first().click()
    await says(/its worker died once while/u, /Its last owner was/u)
  })

  test(`of ${FAILED} that failed at once by their one group, and in one click by a member`, async () => {
    await show('/')
    await says(`${FAILED} processes`, 'process_failed')
    await link(`invoice-${FAILED - 1}`)
      .first()
      .click()
    await says(/RangeError/u, new RegExp(`no customer ${FAILED - 1}`, 'u'))
  })

  test('of a wait for a signal that never comes in one click, with the name that came instead', async () => {
    await show('/?status=waiting')
    await link('order-7').click()
    await says(/Waits for the signal/u, 'approved', /Signals arrived that no wait has taken/u, 'aproved')
    await picture('process')
  })

  test('of a concurrency key that is full on the list, and its holder in two clicks', async () => {
    await show('/?status=waiting')
    await says('account-7')
    await link('queued-1').click()
    await says(/Waits for a free slot of/u)
    await link('account-7').first().click()
    await page.waitForURL(/\/slots\/account-7$/u)
    await link('holder-1').first().waitFor()
  })

  test('of a cancel that the code ignores in one click, with its holder and step', async () => {
    await ignoredCancel(console, 12_000)
    await show('/?status=running')
    await link('stubborn-1').click()
    await says(/A cancel was asked for/u, 'wrong archive', /Held by/u, 'copy the archive')
  })
})

describe('dead letters', () => {
  const letter = (text: string) =>
    page.getByRole('list', { name: 'Dead letters' }).getByRole('listitem').filter({ hasText: text })
  const confirm = async (of: string, verb: string, title: string): Promise<void> => {
    await letter(of).getByRole('button', { name: verb }).click()
    await page
      .getByRole('dialog', { name: title })
      .getByRole('button', { name: `${verb} the message` })
      .click()
    await letter(of).waitFor({ state: 'detached' })
  }

  test('say their cause in one click from the health of the system, and their body in two', async () => {
    await deadLetters(console)
    await show('/health')
    await says('dead_letters', /2 dead letters wait/u)
    await link('Show them').click()
    await says('invalid_message', /not JSON/u, 'unknown_kind', 'no kind invoice is deployed')
    await letter('invalid_message').getByText('Body', { exact: true }).click()
    await letter('invalid_message').getByText('no JSON', { exact: true }).waitFor()
    await letter('unknown_kind').getByRole('link', { name: 'invoice-late' }).waitFor()
    expect(await barriersOf(page)).toEqual([])
  })

  test('are sent back and deleted, each confirmed by its name', async () => {
    await confirm('unknown_kind', 'Redrive', 'Redrive the message for invoice-late?')
    await confirm('invalid_message', 'Delete', 'Delete message')
    await says('No dead letters')
    await expect.poll(async () => (await console.client.get('invoice-late'))?.kind).toBe('invoice')
  })
})

test('the timeline and its table show a take-over after kill -9', async () => {
  await takenOver(console)
  await show('/p/taken-1')
  const figure = page.getByRole('figure', { name: /^Timeline/u })
  await figure.getByText(/taken over by/u).waitFor()
  await picture('take-over')
  await page.getByText('The timeline as a table').click()
  await page
    .getByRole('cell', { name: /dead worker|taken over/iu })
    .first()
    .waitFor()
})

describe('an action', () => {
  test('is done by the keyboard alone: a signal ends the wait', async () => {
    await show('/p/order-7')
    await button('Send the signal').focus()
    await page.keyboard.press('Enter')
    const dialog = page.getByRole('dialog', { name: /^Send a signal to/u })
    await dialog.waitFor()
    await dialog.getByLabel('Payload, as JSON').focus()
    await page.keyboard.press('ControlOrMeta+A')
    await page.keyboard.type('{"by":"ann"}')
    await dialog.getByRole('button', { name: 'Send approved' }).focus()
    await page.keyboard.press('Enter')
    await says(/^Completed/u)
    expect(await console.client.result('order-7')).toEqual({ outcome: 'success', value: { by: 'ann' } })
  })

  test.each([
    ['Cancel', 'queued-1', 'cancelled'],
    ['Abandon', 'holder-1', 'abandoned'],
  ] as const)('%s is confirmed by name and done', async (verb, id, status) => {
    await show(`/p/${id}`)
    await button(verb).first().click()
    const dialog = page.getByRole('dialog', { name: `${verb} ${id}?` })
    await dialog.getByLabel(/^Reason/u).fill('a test')
    if (verb === 'Abandon') await dialog.getByLabel(/^Type/u).fill(id)
    await dialog.getByRole('button', { name: `${verb} ${id}` }).click()
    await expect.poll(async () => (await console.client.get(id))?.status).toBe(status)
    await says(new RegExp(`^${status}`, 'iu'))
  })

  test('Escape leaves a dialog, sends nothing, and gives the focus back', async () => {
    await show('/p/fickle-1')
    const before = console.calls.length
    await button('Resume').first().focus()
    await page.keyboard.press('Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Resume')
    expect(console.calls.slice(before).filter(({ method }) => method === 'POST')).toEqual([])
  })

  test('Resume lets a stuck process complete once its code is mended', async () => {
    await rm(console.badDeploy)
    await show('/p/fickle-1')
    await button('Resume').first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Resume fickle-1' }).click()
    await says(/^Completed/u)
    expect((await console.client.get('fickle-1'))?.status).toBe('completed')
  })

  test('Answer ends the wait for a callback with the value that was typed', async () => {
    const token = await tokenOf('payment-1')
    await show('/p/payment-1')
    await button('Answer').first().click()
    const dialog = page.getByRole('dialog', { name: 'Answer a callback' })
    await dialog.getByLabel('Token').fill(token)
    await dialog.getByLabel('Value, as JSON').fill('{"paid":true}')
    expect(await dialog.locator('.cli').textContent()).not.toContain(token)
    await dialog.getByRole('button', { name: 'Answer the callback' }).click()
    await says(/^Completed/u)
    expect(await console.client.result('payment-1')).toEqual({ outcome: 'success', value: { paid: true } })
  })

  test('Retry starts a new process and goes to it', async () => {
    await show('/p/invoice-1')
    await button('Retry').first().click()
    await page.getByRole('dialog').getByRole('button', { name: 'Retry invoice-1' }).click()
    await page.getByRole('heading', { level: 1, name: 'invoice-1.retry' }).waitFor()
  })

  test('a form made of the schema starts a process', async () => {
    await show('/kinds/invoice')
    await page.getByLabel(/^Id/u).fill('invoice-typed')
    await page.getByLabel(/^n\b/u).fill('7')
    await picture('start')
    await button('Start invoice').click()
    await page.getByRole('heading', { level: 1, name: 'invoice-typed' }).waitFor()
    expect((await console.client.get('invoice-typed'))?.input).toEqual({ value: { n: 7 } })
  })
})

describe('a dropped file', () => {
  const drop = async (name: string, text: string): Promise<void> => {
    const made = `(() => {
      const transfer = new DataTransfer()
      transfer.items.add(new File([${JSON.stringify(text)}], ${JSON.stringify(name)}, { type: 'application/json' }))
      return transfer
    })()`
    const dataTransfer = await page.evaluateHandle(made)
    await page.locator('.drop').dispatchEvent('drop', { dataTransfer })
  }

  test('of a history shows its timeline, and no request has it', async () => {
    const { history } = await fetchHistory(console.call, parseProcessId('taken-1'))
    await show('/replay')
    await page.waitForLoadState('networkidle')
    const before = console.calls.length
    await drop('taken-1.json', writeHistory(history))
    await page
      .getByRole('figure', { name: /^Timeline/u })
      .getByText(/taken over by/u)
      .waitFor()
    await says('taken-1', 'Completed')
    expect(console.calls.length).toBe(before)
  })

  test.each([
    ['no JSON', 'text', /It is not JSON/u],
    ['no history', '{"a":1}', /It is not a history/u],
  ])('that is %s says so', async (_, text, why) => {
    await show('/replay')
    await drop('<b>x</b>.json', text)
    await says(/<b>x<\/b>\.json cannot be shown/u, why)
  })
})

describe('a deployed stack', () => {
  let deployed: Tab
  beforeAll(async () => {
    deployed = await openTab(browser, at(console.deployed.url, '/p/invoice-2?part=values'))
  })
  afterAll(() => deployed.close())

  test('is only read, and its values are hidden until they are revealed', async () => {
    const { page } = deployed
    await page.getByText('read-only').first().waitFor()
    expect(await page.getByRole('button', { name: 'Retry' }).first().isDisabled()).toBe(true)
    const reveal = page.getByRole('button', { name: 'Reveal values' }).first()
    await reveal.waitFor()
    const values = page.locator('main').getByText(/^n:/u)
    expect(await values.count()).toBe(0)
    await reveal.click()
    await values.first().waitFor()
    await page.getByText('stack 1.0.0, console 1.2.3').waitFor()
  })

  test('shows an unknown process and a lost session as what they are', async () => {
    const { page } = deployed
    await page.goto(at(console.deployed.url, '/p/no-such'))
    await page.getByText('unknown_process').waitFor()
    const stranger = await openTab(browser, new URL('/p/invoice-2', console.deployed.url).href)
    await stranger.page.getByText('This page is of an earlier session').first().waitFor()
    await stranger.close()
  })
})

describe('hostile names and values', () => {
  test.each(['timeline', 'history', 'values', 'raw'])('are texts on the part %s', async (part) => {
    await show(`/p/hostile-1?part=${part}`)
    await page
      .locator('main')
      .getByText(/<img src=x/u)
      .first()
      .waitFor()
    expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined()
    expect(await page.locator('main img, main script').count()).toBe(0)
    expect(await page.locator('main').textContent()).not.toContain('\u202E')
  })

  test('of 300 KB are loaded on request, cut, and shown as text', async () => {
    await show('/p/hostile-1?part=values')
    await button(/^Load input \(/u).click()
    await says(/^[\d,]+ more characters$/u)
    expect((await page.locator('main').textContent())?.length).toBeLessThan(20_000)
    expect(await page.evaluate(() => (globalThis as { pwned?: number }).pwned)).toBeUndefined()
  })

  test('cannot become markup: the browser refuses it by its policy', async () => {
    const refused = await page.evaluate(
      "try { document.body.innerHTML = '<b>x</b>' } catch (error) { error.name }",
    )
    expect(refused).toBe('TypeError')
  })
})

test('the secret leaves the address, and no request holds it but in its header', async () => {
  const urls: string[] = []
  const note = (request: { url(): string }) => urls.push(request.url())
  page.on('request', note)
  await show('/')
  await says('process_failed')
  page.off('request', note)
  expect(page.url()).toBe(`${new URL(console.local.url).origin}/`)
  expect(urls.length).toBeGreaterThan(3)
  expect(urls.filter((url) => url.includes('secret-of'))).toEqual([])
})

test('the header of a process takes one request of the API, and its history one', async () => {
  const before = console.calls.length
  await show('/p/invoice-3')
  await says(/RangeError/u)
  const paths = console.calls.slice(before).map(({ path }) => path)
  expect(paths.filter((path) => path === '/v1/processes/invoice-3')).toHaveLength(1)
  expect(paths.every((path) => path.startsWith('/v1/processes/invoice-3'))).toBe(true)
})

describe.each(['light', 'dark'] as const)('in the theme %s', (colorScheme) => {
  test.each([
    '/',
    '/p/hostile-1',
    '/p/taken-1?part=history',
    '/kinds/approval',
    '/slots/account-7',
    '/health',
    '/dlq',
    '/replay',
  ])('%s has no barrier that axe finds', async (path) => {
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await show(path)
    await page.getByRole('heading', { level: 1 }).waitFor()
    await page.waitForLoadState('networkidle')
    expect(await barriersOf(page)).toEqual([])
  })
})

test('the browser has complained of nothing but the refusals that these tests provoke', () => {
  const own = /TrustedHTML|Failed to load resource: the server responded with a status of 40[14]/u
  expect(tab.complaints.filter((complaint) => !own.test(complaint))).toEqual([])
})
