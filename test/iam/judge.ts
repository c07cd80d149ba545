/** A right that a request needs: `action on thing`, and the partition keys of the items that it names. */
export type Needed = { readonly right: string; readonly leadingKeys?: readonly string[] }

/** The rights of a role by which a request is allowed or refused. */
export type Judgement =
  | { readonly allowed: true; readonly by: string }
  | { readonly allowed: false; readonly by: string | undefined }

const DENIED = 'denied: '

/**
 * Judges one needed right by the rights of a role. A role has each as `action on thing`, or `action on thing if condition`. As
 * in IAM, a denial outweighs every permission. A right that no statement names is refused. Throws on a condition that it does
 * not know, since one that is not judged would be a hole.
 */
export function judge(rights: readonly string[], needed: Needed): Judgement {
  const denial = rights.find(
    (right) => right.startsWith(DENIED) && covers(right.slice(DENIED.length), needed),
  )
  if (denial !== undefined) return { allowed: false, by: denial }
  const by = rights.find((right) => !right.startsWith(DENIED) && covers(right, needed))
  return by === undefined ? { allowed: false, by: undefined } : { allowed: true, by }
}

function covers(right: string, needed: Needed): boolean {
  const [plain = '', condition] = right.split(' if ')
  const [action = '', thing = ''] = plain.split(' on ')
  const [neededAction = '', neededThing = ''] = needed.right.split(' on ')
  if (!matches(action, neededAction) || !matches(thing, neededThing)) return false
  return condition === undefined || holds(condition, needed)
}

/** Whether all partition keys that a request names are among those of the condition. */
function holds(condition: string, { right, leadingKeys }: Needed): boolean {
  const { 'ForAllValues:StringEquals': only, ...others } = JSON.parse(condition) as Record<string, unknown>
  const { 'dynamodb:LeadingKeys': keys, ...more } = (only ?? {}) as Record<string, unknown>
  if (!Array.isArray(keys) || Object.keys({ ...others, ...more }).length > 0 || leadingKeys === undefined)
    throw new Error(`${right}: a condition is not judged: ${condition}`)
  return leadingKeys.every((key) => keys.includes(key))
}

/** `*` stands for any characters and `?` for one, as in a policy. Actions and things are compared with their case. */
function matches(pattern: string, text: string): boolean {
  const source = pattern
    .split(/([*?])/u)
    .map((part) =>
      part === '*' ? '.*' : part === '?' ? '.' : part.replaceAll(/[.+^${}()|[\]\\]/gu, String.raw`\$&`),
    )
    .join('')
  return new RegExp(`^${source}$`, 'u').test(text)
}
