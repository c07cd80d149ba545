import { expect, test } from 'vitest'
import { measure } from '../../bench/size.ts'

for (const handler of ['worker', 'sweep', 'api', 'statusEvents'] as const) {
  test(`the ${handler} weighs no more than its budget`, async () => {
    const size = await measure(handler)
    expect(size.bytes).toBeGreaterThan(0)
    expect(size.bytes).toBeLessThanOrEqual(size.budgetBytes)
    expect(size.sourceMapBytes).toBeGreaterThan(0)
  })
}
