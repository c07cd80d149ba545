import { report } from '../../../examples/host/report.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, type Live } from '../lives.ts'

/** Pages that take no time: how long one takes changes nothing of what is recorded. */
const PAGE_MS = 0

export const lives: { readonly [name: string]: Live } = {
  'a report': async (crash) => {
    const kit = new TestKit({ definitions: [report] })
    if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
    await kit.start(report, { pageMs: PAGE_MS }, { id: 'report-1' })
    // It leaves nothing outside.
    return lifeOf(kit, 'report-1', () => null)
  },
}
