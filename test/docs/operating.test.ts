import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { PROPS } from '../../lib/cdk/checked-props.ts'
import { STATUSES, TERMINAL_STATUSES } from '../../lib/model/record.ts'
import { TABLE } from '../../lib/registry/table.ts'
import { DeployedShape } from '../helpers/template.ts'

const ROOT = join(import.meta.dirname, '../..')
const FOLDER = 'docs/operating'
const pages = globSync(`${FOLDER}/*.md`, { cwd: ROOT }).toSorted()
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const page = (name: string): string => read(`${FOLDER}/${name}.md`)

test('operations.md links to each page for operators', () => {
  const operations = read('docs/operations.md')
  expect(pages.length).toBeGreaterThan(4)
  for (const path of pages) expect(operations).toContain(`](${path.slice('docs/'.length)})`)
})

describe.each(pages)('%s', (path) => {
  test('links to files and headings that are there', () => {
    const links = [...read(path).matchAll(/\]\((?!https?:)([^)#]+)(?:#([\w-]+))?\)/gu)]
    const broken = links.filter(([, file = '', heading]) => {
      const target = join(FOLDER, file)
      if (globSync(target, { cwd: ROOT }).length === 0) return true
      return heading !== undefined && !headingsOf(read(target)).includes(heading)
    })
    expect(broken.map(([link]) => link)).toEqual([])
  })

  test('names props that the construct has', () => {
    const named = [...read(path).matchAll(/`(\w+): [\w']+`/gu)].map(([, name = '']) => name)
    expect(named.filter((name) => !Object.hasOwn(PROPS, name) && name !== 'env')).toEqual([])
  })
})

function headingsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.+)$/gmu)].map(([, heading = '']) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\w -]/gu, '')
      .replaceAll(' ', '-'),
  )
}

test('the restore page gives a table the expiry, stream and indexes that the library needs', () => {
  const restore = page('restore')
  expect(restore).toContain(`Enabled=true,AttributeName=${TABLE.ttlAttribute}`)
  expect(restore).toContain(`StreamEnabled=true,StreamViewType=${TABLE.stream}`)
  for (const { name } of TABLE.indexes) expect(restore).toContain(`\`${name}\``)
})

test('the page of restore finds each function by its part of the logical id', () => {
  using shape = new DeployedShape({ workerEntry: import.meta.filename })
  const functions = Object.keys(shape.template.findResources('AWS::Lambda::Function'))
  for (const part of ['Worker', 'Sweep', 'Api', 'StatusEvents'])
    expect(functions.filter((id) => id.includes(part))).toHaveLength(1)
  const restore = page('restore')
  expect([...new Set([...restore.matchAll(/for part in ([\w ]+);/gu)].map(([, parts]) => parts))]).toEqual([
    'Worker StatusEvents',
    'Sweep Api',
  ])
  shape.template.hasOutput('TableName', {})
})

test('the page of destroy says of everything that is kept that it stays', () => {
  using shape = new DeployedShape({
    workerEntry: import.meta.filename,
    apiEntry: import.meta.filename,
    payloadBucket: true,
  })
  const { Resources } = shape.template.toJSON() as {
    Resources: Record<string, { Type: string; DeletionPolicy?: string }>
  }
  const kept = Object.values(Resources).filter(({ DeletionPolicy }) => DeletionPolicy === 'Retain')
  expect(kept.map(({ Type }) => Type).toSorted()).toEqual([
    'AWS::DynamoDB::GlobalTable',
    'AWS::S3::Bucket',
    'AWS::S3::Bucket',
  ])
  expect(page('destroy')).toMatch(/^\| table \| stays/mu)
  expect(page('destroy')).toMatch(/^\| payload bucket and its access logs \(`payloadBucket`\) \| stay/mu)
})

test('the table of requests has a row for each state that a process may be in', () => {
  const rows = [...page('stopping').matchAll(/^\| ([a-z]+)[^|]*\|[^|]+\|[^|]+\|[^|]+\|[^|]+\|$/gmu)]
  const states = rows.map(([, state = '']) => state).filter((state) => state !== 'state')
  const open = STATUSES.filter((status) => !(TERMINAL_STATUSES as readonly string[]).includes(status))
  expect(states.toSorted()).toEqual([...open, 'external', 'ended'].toSorted())
})
