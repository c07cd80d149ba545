import type { Planted } from '../bug.ts'

/** Bugs of values that a schema decides on more than once. */
export const SCHEMAS: readonly Planted[] = [
  {
    name: 'each run asks the schema of the input again',
    edits: [
      {
        file: 'lib/worker/segment.ts',
        find: 'definition.run(scope.context, claimed.input)',
        replace:
          "Promise.resolve(definition.input['~standard'].validate(claimed.input)).then((made) => definition.run(scope.context, 'value' in made ? made.value : null))",
      },
    ],
  },
]
