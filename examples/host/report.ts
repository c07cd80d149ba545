import * as v from 'valibot'
import { setTimeout as pause } from 'node:timers/promises'
import { defineProcess } from '../../lib/effects/definition.ts'

export const PAGES = 8

/** A report of some pages, each of which takes its time. Its steps heed their signal, so a host that stops need not wait. */
export const report = defineProcess({
  kind: 'report',
  input: v.object({ pageMs: v.number() }),
  output: v.number(),
  async run(context, { pageMs }) {
    for (let page = 1; page <= PAGES; page += 1) {
      await context.step(`page ${page}`, async ({ abortSignal }) => {
        await pause(pageMs, undefined, { signal: abortSignal })
      })
    }
    return PAGES
  },
})
