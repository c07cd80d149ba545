import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import * as v from 'valibot'
import { expect, onTestFinished, test } from 'vitest'
import { defineProcess } from '../../lib/effects/definition.ts'
import { ProcessStuck, UnknownProcess } from '../../lib/model/errors.ts'
import type { Json } from '../../lib/model/json.ts'
import { SILENT } from '../../lib/telemetry/port.ts'
import { NeverEnds, ReplayDiffers, TestKit } from '../../lib/testing/index.ts'
import { placeOfMistake } from '../helpers/mistakes.ts'
import { LATER_DEPLOY, mistakes } from '../local/fixtures/mistakes.ts'

type Mistake = keyof typeof mistakes

async function made(mistake: Mistake, input: Json = null): Promise<{ kit: TestKit; id: string }> {
  const kit = new TestKit({ definitions: Object.values(mistakes), telemetry: SILENT })
  const { kind: id } = mistakes[mistake]
  await kit.start(mistakes[mistake], input as never, { id })
  return { kit, id }
}

async function thrownBy(effect: Promise<unknown>): Promise<Error> {
  const thrown: unknown = await effect.then(
    () => new Error('it threw nothing'),
    (error: unknown) => error,
  )
  return thrown as Error
}

test.each<[Mistake, RegExp]>([
  [
    'forgottenAwait',
    /did not await; await each .*step ."mail." at .*: its body began, and its outcome is lost/u,
  ],
  ['effectInStep', /sleep "inner" refused: .*inside the body of a step; ask for it before or after/u],
  ['thrownString', /attempt=1 of=2 [^]*no error/u],
  ['thrownCause', /not saved[^]*caused by[^]*both copies[^]*gathered[^]*the pipe is broken/u],
  ['mapInStep', /\$ is a Map; return plain JSON/u],
  ['returnedMap', /the output was refused [^]*\$ is a Map; return plain JSON/u],
  ['endlessLoop', /100000 entries in its journal[^]*end its loop/u],
  ['largeValue', /500002 bytes, over the limit of 350000; store it elsewhere and pass a reference/u],
  ['largeOutput', /the output is too large to keep/u],
  ['slowStep', /step slow took longer than 100 ms/u],
  ['misspeltSignal', /no signal "approve" within 3 s/u],
])('%s is a warning with the file and line', async (mistake, says) => {
  const { kit, id } = await made(mistake)
  await kit.result(id)
  const warning = kit.warnings.find((text) => placeOfMistake(id).test(text))
  expect(warning).toMatch(says)
  expect(kit.warnings.join('\n')).not.toMatch(/lib\/(?:effects|worker)\//u)
})

test('an effect after the end is a warning with the file and line', async () => {
  const { kit, id } = await made('lateEffect')
  await kit.result(id)
  while (kit.warnings.length === 0) await pause(10)
  expect(kit.warnings[0]).toMatch(/an effect was asked for after the end of its run/u)
  expect(kit.warnings[0]).toMatch(placeOfMistake(id))
})

test('a signal of a wrong form is a warning with the file and line, and the process waits on', async () => {
  const { kit, id } = await made('wrongSignal')
  await kit.signal(id, 'approve', { by: 7 })
  expect(kit.warnings).toEqual([expect.stringMatching(placeOfMistake(id))])
  expect(kit.warnings[0]).toMatch(/a signal was refused by the schema of its wait/u)
  await kit.signal(id, 'approve', { by: 'ann' })
  expect(await kit.result(id)).toEqual({ outcome: 'success', value: { by: 'ann' } })
})

test('result() of a process that waits for a misspelt signal names both', async () => {
  const { kit, id } = await made('wrongSignal')
  await kit.signal(id, 'aprove', {})
  const error = await thrownBy(kit.result(id))
  expect(error).toBeInstanceOf(NeverEnds)
  expect(error.message).toBe(
    'wrong-signal does not end: it waits for signal "approve", and nothing is left that could send it; unread here: "aprove"',
  )
})

test('result() of a step that never returns names the step, its file and line, and what to do', async () => {
  const { kit, id } = await made('endlessStep')
  const error = await thrownBy(kit.result(id))
  expect(error).toBeInstanceOf(NeverEnds)
  expect(error.message).toMatch(/step "hangs" at .* has not returned.*give the step a timeout, or mark/u)
  expect(error.message).toMatch(placeOfMistake(id))
})

test('result() waits for a body that waits for a timer of the kit, however long that is', async () => {
  const body = (): Promise<void> => new Promise((resolve) => void kit.clock.after(6 * 3_600_000, resolve))
  const definition = defineProcess({
    kind: 'slow',
    input: v.null(),
    output: v.string(),
    async run(context) {
      await context.step('waits', body)
      return 'done'
    },
  })
  const kit = new TestKit({ definitions: [definition] })
  await kit.start(definition, null, { id: 'p' })
  expect(await kit.result('p')).toEqual({ outcome: 'success', value: 'done' })
})

test('result() of a parent whose child has no definition names the kind, the file and line', async () => {
  const { kit, id } = await made('missingDefinition')
  const error = await thrownBy(kit.result(id))
  expect(error).toBeInstanceOf(NeverEnds)
  expect(error.message).toMatch(
    /child of kind "not-deployed" at .*no definition of that kind; add it to definitions/u,
  )
  expect(error.message).toMatch(placeOfMistake(id))
  expect((await thrownBy(kit.result(`${id}.0`))).message).toMatch(/it is of kind "not-deployed"/u)
})

test('result() and record() of an id that nothing was started under throw UnknownProcess', async () => {
  const { kit } = await made('wrongSignal')
  await expect(kit.result('wrong-signl')).rejects.toThrow(UnknownProcess)
  await expect(kit.record('wrong-signl')).rejects.toThrow(UnknownProcess)
})

test('checkReplay() finds a clock in a branch, with the file and line; result() cannot', async () => {
  const { kit, id } = await made('clockInBranch', Date.now() + 60_000)
  expect(await kit.result(id)).toMatchObject({ outcome: 'success' })
  const error = await thrownBy(kit.checkReplay(id))
  expect(error).toBeInstanceOf(ReplayDiffers)
  expect(error.message).toMatch(
    /runs otherwise an hour later: at effect 0 the journal holds step "early", the code asked for step "late".*use context\.now\(\)/u,
  )
  expect(error.message).toMatch(placeOfMistake(id))
})

test('checkReplay() finds a renamed step, and result() reports a stuck process with its line', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'leasehold-kit-mistakes-'))
  onTestFinished(() => {
    rmSync(folder, { recursive: true })
    delete process.env[LATER_DEPLOY]
  })
  process.env[LATER_DEPLOY] = join(folder, 'deployed')
  const { kit, id } = await made('renamedStep')
  await kit.checkReplay(id)
  writeFileSync(join(folder, 'deployed'), '')
  const differs = await thrownBy(kit.checkReplay(id))
  expect(differs.message).toMatch(
    /runs otherwise than it did: .* holds step "charge", the code asked for step "pay"/u,
  )
  await kit.signal(id, 'go')
  const stuck = await thrownBy(kit.result(id))
  expect(stuck).toBeInstanceOf(ProcessStuck)
  for (const { message } of [differs, stuck]) expect(message).toMatch(placeOfMistake(id))
})
