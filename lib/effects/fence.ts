import type { FenceCheck } from '../model/fence-check.ts'

/** A `FenceCheck` in attribute values, as the low-level DynamoDB client takes it. */
type MarshalledFenceCheck = Omit<FenceCheck, 'Key' | 'ExpressionAttributeValues'> & {
  Key: Record<string, { S: string }>
  ExpressionAttributeValues: Record<string, { S: string } | { N: string }>
}

/** See `StepContext.fence`. */
export type FenceForms = {
  (): FenceCheck
  (form: { readonly marshalled: true }): MarshalledFenceCheck
}

/** Both forms of the check that `journal` makes. */
export function fenceOf(journal: { fence(): FenceCheck }): FenceForms {
  function fence(): FenceCheck
  function fence(form: { readonly marshalled: true }): MarshalledFenceCheck
  function fence(form?: { readonly marshalled: true }): FenceCheck | MarshalledFenceCheck {
    const check = journal.fence()
    return form === undefined ? check : marshalled(check)
  }
  return fence
}

function marshalled(check: FenceCheck): MarshalledFenceCheck {
  return {
    ...check,
    Key: mapped(check.Key, (value) => ({ S: value })),
    ExpressionAttributeValues: mapped(check.ExpressionAttributeValues, (value) =>
      typeof value === 'number' ? { N: String(value) } : { S: value },
    ),
  }
}

function mapped<From, To>(values: Record<string, From>, to: (value: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, to(value)]))
}
