import { expect, test } from 'vitest'
import { growthOf } from '../../bench/children.ts'

// A square would be at 8 / 1.3 = 6 from 250 to 2,000: other work on the machine moves the figure by far less.
test(
  'the CPU time of a parent of 2,000 children grows with n log n [C64]',
  { timeout: 180_000 },
  async () => {
    for (const way of ['at once', 'in turn'] as const) {
      const [, many] = await growthOf(way, [250, 2_000], 1)
      expect(many?.ratio).toBeLessThan(2.5)
    }
  },
)
