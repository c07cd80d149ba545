import { ConditionalCheckFailedException, TransactionCanceledException } from '@aws-sdk/client-dynamodb'
import type { Attributes } from '../../world/dynamo/expression.ts'
import type { Wanted } from '../../world/dynamo/table.ts'
import type { Scene } from '../../world/trace.ts'
import { brokenClauses, conditionIn } from './condition.ts'
import { faultIn } from './fault.ts'
import { actorIn, itemIn, secondsIn } from './item.ts'
import { writeIn } from './write.ts'

/** One line of a story. */
export type Line = {
  readonly atMs: number
  readonly who: string
  text: string
  /** What a write was conditional on. */
  readonly condition: string
  readonly facts: readonly number[]
}

/** A request that takes longer than this on its way is printed twice: when it was sent, and when it was executed. */
const LONG_MS = 1_000

/** Scenes as lines: a request is one of them, with its item, its outcome and what struck it. */
export function linesOf(scenes: readonly Scene[], options: { readonly quietToo: boolean }): Line[] {
  const arrivedAt = new Map(
    scenes.flatMap((scene) => (scene.sent === undefined ? [] : [[scene.sent, scene.atMs]])),
  )
  const lines: Line[] = []
  for (const scene of scenes) {
    const longMs = (arrivedAt.get(scene) ?? Number.POSITIVE_INFINITY) - scene.atMs
    if (scene.kind === 'sent' && longMs < LONG_MS) continue
    if (!options.quietToo && isQuiet(scene)) continue
    const last = lines.at(-1)
    const { atMs, facts } = scene
    const line = { atMs, who: actorIn(scene.who), text: textOf(scene), condition: conditionOf(scene), facts }
    // A wake-up is the end of what its sender has just done.
    if (scene.what.startsWith('ring ') && scene.fault === undefined && last?.who === line.who)
      last.text += `; ${line.text}`
    else lines.push(line)
  }
  return lines
}

/** Says nothing of what broke: reads, and passes without work. What a fault struck is never quiet. */
function isQuiet({ kind, what, fault, wanted = [] }: Scene): boolean {
  // Told by the fault itself.
  if (what === 'dies: a crash') return true
  if (fault !== undefined) return false
  if (kind === 'told') return true
  if (wanted.length > 0) return wanted.every((each) => keyOf(each).sk.startsWith('BLOB#'))
  return /^(query|backlog|batch get|get|born|is given|has served them$|dies: it is not needed|runs \S+ the last line)/.test(
    what,
  )
}

function textOf(scene: Scene): string {
  const { kind, fault, sent, atMs } = scene
  const lateMs = sent === undefined ? 0 : atMs - sent.atMs
  const since = lateMs < LONG_MS ? '' : ` (sent at ${secondsIn(sent?.atMs ?? 0)})`
  // A fault that kept a request on its way was told as it was sent.
  const struck = fault === undefined || since !== '' ? '' : `   ⚡ ${faultIn(fault)}`
  return `${kind === 'arrived' ? outcomeIn(scene) : requestIn(scene)}${since}${struck}`
}

function outcomeIn(scene: Scene): string {
  const { refused, writes = [], wanted = [] } = scene
  if (refused !== undefined) return `${requestIn(scene)}: refused, ${whyIn(refused, wanted)}`
  if (writes.length > 0) return writes.map(writeIn).join('; ')
  return requestIn(scene)
}

/** What a caller asks for, before anything came of it. */
function requestIn({ what, wanted = [] }: Scene): string {
  if (wanted.length > 0) {
    const items = wanted.map(keyOf).map(({ pk, sk }) => itemIn(pk, sk))
    return `asks for a write to ${items.join(' and ')}`
  }
  return noteIn(what)
}

function noteIn(what: string): string {
  const [, word = '', rest = ''] = /^(\S+) ?(.*)$/.exec(what) ?? []
  if (word === 'ring') return `wakes ${rest.replaceAll('+0s', '').replaceAll(/\+(\d+)s/g, ' in $1 s')}`
  if (word === 'send') return `sends a start message for ${rest}`
  if (word === 'query') return `looks at index ${rest.replaceAll('"', '')}`
  if (word === 'backlog') return 'asks how many messages wait'
  if (word === 'get') {
    const [pk = '', sk = ''] = rest.split(/\/(?=[A-Z]+(?:#|$))/)
    return `reads ${itemIn(pk, sk)}`
  }
  if (what.startsWith('batch get ')) return `reads ${what.slice('batch get '.length)} leases`
  return what.replace(/^born.*/, 'starts').replace('dies: its time is up', 'is killed: its time is up')
}

function whyIn(refused: Error, wanted: readonly Wanted[]): string {
  if (refused instanceof ConditionalCheckFailedException) return failedIn(wanted[0], refused.Item)
  if (!(refused instanceof TransactionCanceledException)) return refused.name
  const reasons = refused.CancellationReasons ?? []
  const failed = reasons.flatMap(({ Code, Item }, index) =>
    Code === 'ConditionalCheckFailed' ? [failedIn(wanted[index], Item)] : [],
  )
  return failed.length === 0 ? 'another transaction holds an item' : failed.join('; ')
}

function failedIn(wanted: Wanted | undefined, item: Attributes | undefined): string {
  if (wanted === undefined) return '?'
  const { pk, sk } = keyOf(wanted)
  return `${sk === 'PROCESS' ? '' : `${itemIn(pk, sk)}: `}${brokenClauses(wanted, sk, item)}`
}

function conditionOf({ kind, wanted = [] }: Scene): string {
  if (kind !== 'arrived') return ''
  return wanted
    .map((each) => {
      const { pk, sk } = keyOf(each)
      const condition = conditionIn(each, sk)
      return `${itemIn(pk, sk)}: ${condition === '' ? 'nothing' : condition}`
    })
    .join('; ')
}

function keyOf({ Item, Key }: Wanted): { readonly pk: string; readonly sk: string } {
  const key = Item ?? Key
  return { pk: key?.['pk']?.S ?? '', sk: key?.['sk']?.S ?? '' }
}
