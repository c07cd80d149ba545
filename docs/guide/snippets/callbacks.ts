import assert from 'node:assert/strict'
import * as v from 'valibot'
import { defineProcess, type ProcessClient } from 'leasehold'
import { TestKit } from 'leasehold/testing'

// #region ask
export const transcode = defineProcess({
  kind: 'transcode',
  input: v.object({ video: v.string() }),
  output: v.string(),
  async run(context, { video }) {
    const encoder = await context.callback('encoded', {
      schema: v.object({ url: v.string() }),
      timeout: { hours: 6 },
      heartbeatTimeout: { minutes: 10 },
    })
    await context.step('submit', () => submit(video, encoder.token))
    const { url } = await encoder.result()
    return url
  },
})
// #endregion

// #region answer
export async function webhook(
  client: ProcessClient,
  report: { token: string; state: 'working' | 'done' | 'failed'; url?: string },
): Promise<void> {
  if (report.state === 'working') await client.heartbeat(report.token)
  else if (report.state === 'done') await client.completeCallback(report.token, { url: report.url ?? '' })
  else await client.failCallback(report.token, new Error('the encoder gave up'))
}
// #endregion

const submitted: string[] = []
function submit(_video: string, token: string): void {
  submitted.push(token)
}

export async function check(): Promise<void> {
  const kit = new TestKit({ definitions: [transcode] })
  await kit.start(transcode, { video: 'a.mov' }, { id: 't-1' })
  const [token = ''] = submitted
  for (let report = 0; report < 3; report += 1) {
    await kit.skip({ minutes: 8 })
    await webhook(kit.client, { token, state: 'working' })
  }
  await webhook(kit.client, { token, state: 'done', url: 'https://cdn.example/a.mp4' })
  assert.deepEqual(await kit.result('t-1'), { outcome: 'success', value: 'https://cdn.example/a.mp4' })

  await kit.start(transcode, { video: 'b.mov' }, { id: 't-2' })
  const beganAt = kit.clock.now()
  assert.equal((await kit.result('t-2')).outcome, 'failure')
  // Nothing was heard of it: given up after ten minutes, long before the six hours.
  assert.ok(kit.clock.now() - beganAt < 15 * 60_000)
}
