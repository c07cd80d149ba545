/** A synthesised template, as far as the rules read it. */
export type TemplateJson = {
  readonly Resources: { readonly [id: string]: ResourceJson }
  readonly Outputs?: unknown
}
export type ResourceJson = {
  readonly Type: string
  readonly Properties: PropertiesJson
  readonly DeletionPolicy?: string
  readonly UpdateReplacePolicy?: string
}
export type PropertiesJson = { readonly [name: string]: unknown }
/** What a rule found: the logical id of the resource, and what is wrong with it. */
export type Finding = { readonly id: string; readonly says: string }
export type TemplateRule = (template: TemplateJson) => readonly Finding[]
export type Found = readonly [id: string, properties: PropertiesJson, resource: ResourceJson]

/** The resources of a type, such as `AWS::SQS::Queue`. */
export function ofType(template: TemplateJson, type: string): readonly Found[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => [id, resource.Properties, resource] as const)
}

/** A rule over the resources of one type: `judge` returns a sentence for each thing that is wrong. */
export function each(
  type: string,
  judge: (
    properties: PropertiesJson,
    template: TemplateJson,
    resource: ResourceJson,
  ) => readonly (string | false)[],
): TemplateRule {
  return (template) =>
    ofType(template, type).flatMap(([id, properties, resource]) =>
      judge(properties, template, resource)
        .filter((says) => says !== false)
        .map((says) => ({ id, says })),
    )
}

/** The logical id that `Ref` or `Fn::GetAtt` names. Undefined for any other value. */
export function idIn(value: unknown): string | undefined {
  const { Ref: ref, 'Fn::GetAtt': attribute } = objectOf(value)
  if (typeof ref === 'string') return ref
  return Array.isArray(attribute) ? String(attribute[0]) : undefined
}

/** Every logical id that a value names at any depth. */
export function idsIn(value: unknown): readonly string[] {
  const own = idIn(value)
  if (own !== undefined) return [own]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(idsIn) : []
}

/** A value of a template as text: each reference in it becomes its logical id in braces. */
export function textIn(value: unknown): string {
  if (typeof value === 'string') return value
  const { 'Fn::Join': joined } = objectOf(value)
  if (Array.isArray(joined)) return listOf(joined[1]).map(textIn).join(String(joined[0]))
  return `{${idIn(value) ?? JSON.stringify(value)}}`
}

export function objectOf(value: unknown): PropertiesJson {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as PropertiesJson) : {}
}

export function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : value === undefined ? [] : [value]
}

/** The value at a path such as `Target.RetryPolicy`. */
export function at(value: unknown, path: string): unknown {
  return path.split('.').reduce<unknown>((inner, name) => objectOf(inner)[name], value)
}

/** Undefined if the text is no JSON. */
export function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** In an event pattern every leaf is in a list: `{ "s": { "S": ["x"] } }`. */
export function hasBareValue(pattern: unknown): boolean {
  if (Array.isArray(pattern)) return false
  return typeof pattern === 'object' && pattern !== null ? Object.values(pattern).some(hasBareValue) : true
}
