import { vi } from 'vitest'

/** Takes whatever is written to the streams of this process, by whichever way, until all mocks are restored. */
export function writtenFromNow(): readonly string[] {
  const written: string[] = []
  const take = (text: string | Uint8Array) => written.push(Buffer.from(text as string).toString()) > 0
  vi.spyOn(process.stdout, 'write').mockImplementation(take)
  vi.spyOn(process.stderr, 'write').mockImplementation(take)
  for (const level of ['log', 'info', 'warn', 'error', 'debug'] as const)
    vi.spyOn(console, level).mockImplementation(
      (...words: unknown[]) => void written.push(words.map(String).join(' ')),
    )
  return written
}
