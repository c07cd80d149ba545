// Texts of others, made safe to look at. Characters that reorder or hide text are shown by their number.

/** Marks and overrides of writing direction, controls but for tab and line feed, and characters without width. */
const HIDDEN =
  // eslint-disable-next-line no-control-regex -- these are what has to be seen
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF\uFFF9-\uFFFB]/u

export type Piece = { readonly text: string; readonly hidden: boolean }

/** A text in pieces: as it is, and `U+202E` for each character that a reader would not see. */
export function visiblePieces(text: string): readonly Piece[] {
  if (!HIDDEN.test(text)) return [{ text, hidden: false }]
  const pieces: Piece[] = []
  for (const part of text.split(new RegExp(`(${HIDDEN.source})`, 'u'))) {
    if (part === '') continue
    const hidden = part.length === 1 && HIDDEN.test(part)
    pieces.push({ text: hidden ? codeOf(part) : part, hidden })
  }
  return pieces
}

/** The same in one string, for places that hold no elements, such as the title of the page. */
export function visibleText(text: string): string {
  return visiblePieces(text)
    .map((piece) => (piece.hidden ? `‹${piece.text}›` : piece.text))
    .join('')
}

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
