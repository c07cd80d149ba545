/** What an SQS batch's answer says, as Lambda reads it: the ids that failed, or why all of them did. */
export type BatchAnswer =
  | { readonly failed: readonly string[] }
  | { readonly failed: 'all'; readonly because: string }

/**
 * Reads the answer of a function that reports partial batch failures. Nothing, an empty object and an empty list mean
 * success; JSON of any other shape, and an id that the batch does not have, mean that the whole batch failed.
 */
export function readBatchAnswer(payload: string, ids: readonly string[]): BatchAnswer {
  let answer: unknown
  try {
    answer = JSON.parse(payload)
  } catch {
    return { failed: 'all', because: 'the answer is not JSON' }
  }
  if (answer === null) return { failed: [] }
  if (typeof answer !== 'object' || Array.isArray(answer))
    return { failed: 'all', because: 'the answer is not an object' }
  const failures: unknown = (answer as Record<string, unknown>)['batchItemFailures'] ?? []
  if (!Array.isArray(failures)) return { failed: 'all', because: 'batchItemFailures is not a list' }
  const failed: string[] = []
  for (const failure of failures as unknown[]) {
    const id =
      typeof failure === 'object' && failure !== null
        ? (failure as Record<string, unknown>)['itemIdentifier']
        : undefined
    if (typeof id !== 'string' || id === '')
      return { failed: 'all', because: 'a batch item failure has no itemIdentifier' }
    if (!ids.includes(id)) return { failed: 'all', because: `no message of the batch has the id ${id}` }
    failed.push(id)
  }
  return { failed }
}
