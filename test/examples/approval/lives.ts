import { approvalWith } from '../../../examples/approval/approval.ts'
import { openMailbox } from '../../../examples/approval/mailbox.ts'
import { post } from '../../../examples/post.ts'
import type { Json } from '../../../lib/model/json.ts'
import { TestKit } from '../../../lib/testing/index.ts'
import { lifeOf, until, type Live } from '../lives.ts'

/** Signals are sent so many hours after the first mail, which a crash only holds up by minutes. */
const lived =
  (...signals: { afterHours: number; payload: Json }[]): Live =>
  async (crash) => {
    const mails: string[] = []
    const mailbox = await openMailbox(({ text }) => mails.push(text))
    const approval = approvalWith((request) => kit.outside(post(request)))
    const kit = new TestKit({ definitions: [approval] })
    try {
      if (crash !== undefined) kit.crashAtWrite(crash.nth, crash.when)
      await kit.start(approval, { what: 'a desk', mailbox: mailbox.url }, { id: 'a-1' })
      await until(kit, () => mails.length > 0)
      let hours = 0
      for (const { afterHours, payload } of signals) {
        await kit.skip({ hours: afterHours - hours })
        hours = afterHours
        await kit.signal('a-1', 'decision', payload)
      }
      return await lifeOf(kit, 'a-1', () => mails)
    } finally {
      await mailbox.close()
    }
  }

export const lives: { readonly [name: string]: Live } = {
  'approved at once': lived({ afterHours: 0, payload: { approved: true, by: 'ann' } }),
  'refused after a reminder': lived({ afterHours: 30, payload: { approved: false, by: 'bob' } }),
  'answered wrongly at first': lived(
    { afterHours: 1, payload: 'yes' },
    { afterHours: 2, payload: { approved: true, by: 'ann' } },
  ),
  'never decided': lived(),
}
