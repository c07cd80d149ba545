import type { ComponentChildren } from 'preact'
import { useEffect, useRef } from 'preact/hooks'
import type { Command } from '../model/commands.ts'
import { visibleText } from '../model/visible-text.ts'
import { moves } from '../router.ts'
import { CliLine } from './cli-line.tsx'
import { Text } from './text.tsx'

/** A screen: its heading gets the focus after a navigation, and names the tab. */
export function Page({
  title,
  over,
  heading,
  command,
  children,
}: {
  readonly title: string
  /** What stands above the heading. */
  readonly over?: ComponentChildren
  /** Instead of the title. */
  readonly heading?: ComponentChildren
  readonly command?: Command
  readonly children: ComponentChildren
}) {
  const head = useRef<HTMLHeadingElement>(null)
  useEffect(() => {
    document.title = `${visibleText(title)} · Leasehold`
  }, [title])
  useEffect(() => {
    if (moves.peek() > 0) head.current?.focus({ preventScroll: true })
  }, [])
  return (
    <>
      <header class="page-head">
        {over !== undefined && <p class="over">{over}</p>}
        <h1 ref={head} tabIndex={-1}>
          {heading ?? <Text of={title} />}
        </h1>
      </header>
      {children}
      {command !== undefined && (
        <footer class="page-foot">
          <CliLine command={command} />
        </footer>
      )}
    </>
  )
}

export function Section({
  title,
  aside,
  children,
}: {
  readonly title: string
  readonly aside?: ComponentChildren
  readonly children: ComponentChildren
}) {
  const id = `s-${title.toLowerCase().replaceAll(/[^a-z]+/gu, '-')}`
  return (
    <section class="section" aria-labelledby={id}>
      <div class="section-head">
        <h2 id={id} tabIndex={-1}>
          {title}
        </h2>
        {aside}
      </div>
      {children}
    </section>
  )
}

/** A name and its value in a list of facts. */
export function Fact({ name, children }: { readonly name: string; readonly children: ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}
