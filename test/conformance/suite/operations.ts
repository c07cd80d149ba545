import { expect, test } from 'vitest'
import type { Operations } from '../../../lib/client/operations.ts'
import { definitions } from '../fixtures/definitions.ts'

/** What `Operations` promises, whatever stands behind it: workers run the kinds of the fixtures meanwhile. */
export function operationsSuite(open: () => Operations): void {
  test('kinds() lists each deployed kind by name, with its schemas as JSON Schema', async () => {
    const kinds = await open().kinds()
    expect(kinds.map(({ kind }) => kind)).toEqual(definitions.map(({ kind }) => kind).toSorted())
    expect(kinds.find(({ kind }) => kind === 'echo')).toEqual({
      kind: 'echo',
      recovery: 'rerun',
      input: {
        type: 'object',
        properties: { n: { type: 'number' }, note: { type: 'string' } },
        required: ['n'],
      },
      output: { type: 'object', properties: { doubled: { type: 'number' } }, required: ['doubled'] },
    })
    expect(kinds.find(({ kind }) => kind === 'manual')).toMatchObject({ recovery: 'external' })
  })
}
