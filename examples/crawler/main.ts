import { fileURLToPath } from 'node:url'
import { freshId, lineOf, openClient, type ExampleRun, type ExampleStack } from '../local-client.ts'
import { crawler } from './crawler.ts'
import { openSite } from './site.ts'

export const workerEntry = fileURLToPath(new URL('worker.ts', import.meta.url))

/** Crawls a small site of this machine. Answers 0 where all eight pages were found, and the two that are none reported. */
export async function runExample(stack: ExampleStack, { out }: ExampleRun): Promise<number> {
  const say = (line: string): void => void out.write(`${line}\n`)
  const site = await openSite()
  const { client, follow, close } = openClient(stack)
  try {
    const id = freshId('crawler')
    say(`${id}: ${site.url}/`)
    await client.start(crawler, { start: `${site.url}/`, pageTimeoutMs: 1_000 }, { id })
    const output = await follow(id, (entry) => {
      const line = lineOf(entry)
      if (line !== undefined) say(`  ${line}`)
    })
    if (output.outcome !== 'success') {
      say(JSON.stringify(output))
      return 1
    }
    const { titles, broken } = output.value as { titles: object; broken: object }
    const [pages, bad] = [Object.keys(titles).length, Object.keys(broken).length]
    say(`${pages} pages, ${bad} broken`)
    return pages === 8 && bad === 2 ? 0 : 1
  } finally {
    close()
    await site.close()
  }
}
