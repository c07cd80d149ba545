import { expect, test } from 'vitest'
import { OldAndNew } from './old-and-new.ts'

test('a process that older code meets after newer code is resumed, once', () => {
  const code = new OldAndNew()
  code.runs('worker-1#1', 0)
  code.runs('worker-2#1', 1)
  code.wrote('worker-2#1', 'P#p', 'running')
  code.wrote('worker-1#1', 'P#p', 'stuck')
  expect([code.resumes('P#p'), code.resumes('P#p')]).toEqual([true, false])
})

test('a process that the same or newer code gets stuck with stays stuck', () => {
  const code = new OldAndNew()
  code.runs('worker-1#1', 0)
  code.runs('worker-2#1', 1)
  code.wrote('worker-1#1', 'P#p', 'running')
  code.wrote('worker-1#1', 'P#p', 'stuck')
  expect(code.resumes('P#p')).toBe(false)
  code.wrote('worker-2#1', 'P#p', 'stuck')
  expect(code.resumes('P#p')).toBe(false)
})

test('what newer code only started has not been run by it', () => {
  const code = new OldAndNew()
  code.runs('worker-1#1', 0)
  code.runs('worker-2#1', 1)
  code.wrote('worker-2#1', 'P#child', 'pending')
  code.wrote('worker-1#1', 'P#child', 'running')
  code.wrote('worker-1#1', 'P#child', 'stuck')
  expect(code.resumes('P#child')).toBe(false)
})
