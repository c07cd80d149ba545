import type { Planted } from '../bug.ts'

/** Bugs of values that go through a codec, or stand apart, and of logs that the end is too large for. */
export const VALUES: readonly Planted[] = [
  {
    name: 'a small value goes past the codec',
    edits: [
      {
        file: 'lib/registry/operations/payloads.ts',
        find: 'const coded = await encoded(ctx, text, what)',
        replace: 'const coded = bytes < 100 ? undefined : await encoded(ctx, text, what)',
      },
    ],
  },
  {
    name: 'a value that is read is not decoded',
    edits: [
      {
        file: 'lib/registry/operations/payloads.ts',
        find: 'return Buffer.from(await codec.decode(coded)).toString(',
        replace: 'return JSON.stringify(Buffer.from(coded).toString("base64")) ?? String(',
      },
    ],
  },
  {
    name: 'a completion in two writes leaves out the entries of the first',
    from: 80,
    edits: [
      {
        file: 'lib/registry/operations/complete.ts',
        find: 'return (await commit(ctx, held, entries)).row',
        replace: 'return held.row',
      },
    ],
  },
]
