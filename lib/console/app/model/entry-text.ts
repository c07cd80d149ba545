import type { LogEntry, Outcome, Payload } from '../../../model/log.ts'
import { bytesText, durationText } from './words.ts'

// An entry of a history in words.

type EntryTone = 'plain' | 'good' | 'bad' | 'warn'
export type EntryLine = {
  readonly what: string
  readonly name: string
  readonly text: string
  readonly tone: EntryTone
  readonly payload?: Payload
}

export function entryLine(entry: LogEntry): EntryLine {
  switch (entry.type) {
    case 'effect': {
      const { effect, name, outcome } = entry
      if (!outcome.ok) return { what: effect, name, text: errorText(outcome), tone: 'bad' }
      const payload = effect === 'signal' ? undefined : outcome.value
      return { what: effect, name, text: doneText(entry), tone: 'good', ...(payload && { payload }) }
    }
    case 'begin':
      return { what: entry.effect, name: entry.name, text: beginText(entry), tone: 'plain' }
    case 'attempt': {
      const { name, error, dueAt, at } = entry
      const text = `attempt failed: ${error.class}: ${error.message}; next after ${durationText(dueAt - at)}`
      return { what: 'step', name, text, tone: 'warn' }
    }
    case 'signal':
      return {
        what: 'signal arrived',
        name: entry.name,
        text: `key ${entry.key}`,
        tone: 'plain',
        payload: entry.payload,
      }
    case 'reply': {
      const { outcome, position } = entry
      const payload = outcome.ok ? outcome.value : undefined
      const text = outcome.ok ? 'answered' : errorText(outcome)
      const name = `callback at ${position}`
      return {
        what: 'reply',
        name,
        text,
        tone: outcome.ok ? 'plain' : 'bad',
        ...(payload && { payload }),
      }
    }
    case 'child':
      return {
        what: 'child ended',
        name: entry.id,
        text: entry.status,
        tone: entry.status === 'completed' ? 'good' : 'bad',
      }
    case 'resume':
      return { what: 'resume', name: '', text: `resumed${byText(entry.by)}`, tone: 'plain' }
    case 'takeover': {
      const { from, to, step } = entry
      const during = step === undefined ? '' : `, in step ${step.name}, attempt ${step.attempt}`
      return { what: 'take-over', name: '', text: `from ${from} by ${to}${during}`, tone: 'warn' }
    }
    case 'cancel':
    case 'abandon': {
      const why = entry.reason === undefined ? '' : `: ${entry.reason}`
      return { what: entry.type, name: '', text: `asked${byText(entry.by)}${why}`, tone: 'warn' }
    }
    case 'end':
      return {
        what: 'end',
        name: '',
        text: entry.status,
        tone: entry.status === 'completed' ? 'good' : 'bad',
      }
  }
}

/** A value on one line, cut. */
export function payloadPreview(payload: Payload, most = 120): string {
  if ('ref' in payload) return `${bytesText(payload.bytes)}, kept apart`
  const text = JSON.stringify(payload.value)
  return text.length > most ? `${text.slice(0, most).toWellFormed()}…` : text
}

function doneText({ effect }: Extract<LogEntry, { type: 'effect' }>): string {
  switch (effect) {
    case 'sleep':
      return 'woke'
    case 'signal':
      return 'taken'
    case 'start':
      return 'started'
    case 'callback':
      return 'open for an answer'
    case 'emit':
      return 'published'
    case 'step':
    case 'reply':
    case 'child':
    case 'now':
    case 'random':
    case 'uuid':
    case 'patched':
      return 'done'
  }
}

function beginText({ dueAt, at }: Extract<LogEntry, { type: 'begin' }>): string {
  return dueAt === undefined ? 'begins' : `begins, ends by itself after ${durationText(dueAt - at)}`
}

function errorText(outcome: Extract<Outcome, { ok: false }>): string {
  const { class: name, code, message } = outcome.error
  return `${name} (${code}): ${message}`
}

function byText(by: string | undefined): string {
  return by === undefined ? '' : ` by ${by}`
}
