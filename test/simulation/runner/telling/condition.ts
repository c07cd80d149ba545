import { conditionOf, type Attributes, type Terms } from '../../world/dynamo/expression.ts'
import type { Wanted } from '../../world/dynamo/table.ts'
import { attributeIn, valueIn } from './item.ts'

/** The condition of a write in words: its clauses with their attributes and values, without those that always hold. */
export function conditionIn(wanted: Wanted, sk: string): string {
  return clausesOf(wanted)
    .filter((clause) => !isOfShape(clause, wanted))
    .map((clause) => clauseIn(clause, wanted, sk))
    .join(', ')
}

/** The clauses that did not hold for what was there. */
export function brokenClauses(wanted: Wanted, sk: string, item: Attributes | undefined): string {
  if (item === undefined) return 'there is none'
  const terms = termsOf(wanted)
  return clausesOf(wanted)
    .filter((clause) => !conditionOf(clause)(item, terms))
    .map((clause) =>
      clause === 'attribute_not_exists(#pk)'
        ? 'there is one already'
        : `needs ${clauseIn(clause, wanted, sk)}${isNow(clause, wanted, sk, item)}`,
    )
    .join(', ')
}

function termsOf(wanted: Wanted): Terms {
  return { names: wanted.ExpressionAttributeNames ?? {}, values: wanted.ExpressionAttributeValues ?? {} }
}

/** Split at each AND that stands in no brackets. */
function clausesOf({ ConditionExpression = '' }: Wanted): string[] {
  const clauses: string[] = []
  let [depth, clause] = [0, '']
  for (const part of ConditionExpression.split(/(\(|\)| AND )/)) {
    if (part === '(') depth += 1
    if (part === ')') depth -= 1
    if (part === ' AND ' && depth === 0) {
      clauses.push(clause)
      clause = ''
    } else clause += part
  }
  return clause === '' ? clauses : [...clauses, clause]
}

/** Each write asks for the version of the item's shape, and that a counter is there: of no interest to a reader. */
function isOfShape(clause: string, wanted: Wanted): boolean {
  const [, name = '', word, value = ''] = /^(#\w+) (=|>) (:\w+)$/.exec(clause) ?? []
  const { names, values } = termsOf(wanted)
  return (word === '=' && names[name] === 'v') || (word === '>' && Number(values[value]?.N) < 0)
}

function clauseIn(clause: string, wanted: Wanted, sk: string): string {
  const { names, values } = termsOf(wanted)
  return clause
    .replaceAll(/#\w+(?:\.#\w+)*/g, (path) =>
      attributeIn(
        sk,
        path
          .split('.')
          .map((word) => names[word] ?? word)
          .join('.'),
      ),
    )
    .replaceAll(/:\w+/g, (name) => valueIn(values[name]))
    .replace(/^attribute_not_exists\(item\)$/, 'there is none')
    .replaceAll(/NOT contains\((\w+), ([^)]+)\)/g, '$2 is not in $1')
    .replaceAll(/contains\((\w+), ([^)]+)\)/g, '$2 is in $1')
    .replaceAll(/attribute_not_exists\(([^)]+)\)/g, 'no $1')
    .replaceAll(/ IN \(([^,)]+)\)/g, ' = $1')
    .replaceAll(/size\((\w+)\)/g, 'number in $1')
}

/** What the attribute of a simple clause was instead. */
function isNow(clause: string, wanted: Wanted, sk: string, item: Attributes): string {
  const name = wanted.ExpressionAttributeNames?.[/^(#\w+) (?:[<>=]+|IN) /.exec(clause)?.[1] ?? '']
  return name === undefined ? '' : ` and ${attributeIn(sk, name)} is ${valueIn(item[name])}`
}
