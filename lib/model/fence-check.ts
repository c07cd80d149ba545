/** The parameters of a ConditionCheck in plain values, as the document client takes them. */
export type FenceCheck = {
  TableName: string
  Key: Record<string, string>
  ConditionExpression: string
  ExpressionAttributeNames: Record<string, string>
  ExpressionAttributeValues: Record<string, string | number>
}
