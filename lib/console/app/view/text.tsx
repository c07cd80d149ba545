import type { ComponentChildren } from 'preact'
import { useMemo } from 'preact/hooks'
import { visiblePieces } from '../model/visible-text.ts'
import { clockText, instantText, relativeText, durationText } from '../model/words.ts'
import { kindPath, processPath, slotPath } from '../model/route.ts'
import type { Part, Sentence } from '../model/sentence-parts.ts'
import { clock, notice } from '../state.ts'

/** A text of others: isolated, so that it reorders nothing around it, with hidden characters shown. */
export function Text({ of, code = false }: { readonly of: string; readonly code?: boolean }) {
  const pieces = useMemo(() => visiblePieces(of), [of])
  return (
    <bdi class={code ? 'code' : undefined}>
      {pieces.map(({ text, hidden }) => (hidden ? <span class="hidden-char">{text}</span> : text))}
    </bdi>
  )
}

/** A moment beside now, which ticks. The full one is its title, and what is copied. */
export function Moment({ at }: { readonly at: number }) {
  const full = instantText(at)
  return (
    <time dateTime={isoOf(at)} title={`${full} (${instantText(at, 'utc')})`}>
      {relativeText(at, clock.value)}
    </time>
  )
}

/** A moment by the clock, with its day if that is another one, and beside now. */
function ClockMoment({ at }: { readonly at: number }) {
  return (
    <time dateTime={isoOf(at)} title={instantText(at, 'utc')}>
      {clockText(at, clock.value)} <span class="dim">({relativeText(at, clock.value)})</span>
    </time>
  )
}

/** A moment in full, and beside now. */
export function FullMoment({ at }: { readonly at: number }) {
  return (
    <time dateTime={isoOf(at)} title={instantText(at, 'utc')}>
      {instantText(at)} <span class="dim">({relativeText(at, clock.value)})</span>
    </time>
  )
}

function isoOf(at: number): string {
  return Math.abs(at) <= 8.64e15 ? new Date(at).toISOString() : ''
}

export function ProcessLink({
  id,
  children,
}: {
  readonly id: string
  readonly children?: ComponentChildren
}) {
  return (
    <a class="code" href={processPath(id)}>
      {children ?? <Text of={id} />}
    </a>
  )
}

export function KindLink({ kind }: { readonly kind: string }) {
  return (
    <a href={kindPath(kind)}>
      <Text of={kind} />
    </a>
  )
}

export function SentenceText({ of }: { readonly of: Sentence }) {
  return (
    <>
      {of.map((part) => (
        <SentencePart part={part} />
      ))}
    </>
  )
}

function SentencePart({ part }: { readonly part: Part }) {
  if (typeof part === 'string') return <>{part}</>
  if ('at' in part) return <Moment at={part.at} />
  if ('until' in part) return <ClockMoment at={part.until} />
  if ('lasted' in part) return <>{durationText(part.lasted)}</>
  if ('process' in part) return <ProcessLink id={part.process} />
  if ('link' in part) return <a href={part.link}>{part.label}</a>
  if ('slot' in part)
    return (
      <a class="code" href={slotPath(part.slot)}>
        <Text of={part.slot} />
      </a>
    )
  return <Text of={'name' in part ? part.name : part.text} code={'name' in part} />
}

/** Copies a text, and says so. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const copy = async (): Promise<void> => {
    try {
      await navigator.clipboard.writeText(text)
      notice.value = { text: 'Copied.' }
    } catch {
      notice.value = { text: 'The browser refused to copy. Select the text instead.', bad: true }
    }
  }
  return (
    <button type="button" class="quiet icon" onClick={() => void copy()} aria-label={label} title={label}>
      <svg viewBox="0 0 16 16" width="14" height="14" aria-hidden="true" class="stroke">
        <rect x="5.5" y="5.5" width="8" height="8" rx="1.5" />
        <path d="M10.5 3.5v-1h-8v8h1" />
      </svg>
    </button>
  )
}
