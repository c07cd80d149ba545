import { defineProcess } from 'leasehold'
import * as v from 'valibot'
import { download, publish, transcode } from './media.ts'

const retry = { maxAttempts: 3, initialDelay: { seconds: 1 } }

export const video = defineProcess({
  kind: 'video',
  input: v.object({ url: v.string() }),
  output: v.object({ address: v.string() }),
  async run(context, { url }) {
    const file = await context.step('download', () => download(url), { retry })
    const parts: string[] = []
    for (const format of ['webm', 'mp4']) {
      parts.push(await context.step(`transcode ${format}`, () => transcode(file, format), { retry }))
    }
    return { address: await context.step('publish', () => publish(parts), { retry }) }
  },
})
