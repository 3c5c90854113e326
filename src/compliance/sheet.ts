// The sheet a report is drawn on: its margins, its headings, how text reaches it.
import { colours } from './chart.ts'

export type Pen = PDFKit.PDFDocument

export const margin = 48
/** Room left at the foot of a page for its number. */
export const foot = 60

/** Room between the margins. */
export const width = (doc: Pen): number => doc.page.width - 2 * margin

/** Begins a new page unless this much room is left. */
export const demand = (doc: Pen, room: number): void => {
  if (doc.y + room > doc.page.height - foot) doc.addPage()
}

/** Signs the font has no glyph for are written otherwise. */
export const set = (text: string): string =>
  text
    .replaceAll('≤', '<=')
    .replaceAll('≥', '>=')
    .replaceAll('→', '>')
    .replaceAll(/\p{Cc}/gu, ' ')

/** A moment as the report writes it. */
export const instant = (iso: string): string => `${iso.slice(0, 10)} ${iso.slice(11, 16)} UTC`

/** A heading, with room for what follows it. */
export const heading = (doc: Pen, text: string, x: number): void => {
  demand(doc, 60)
  doc.font('bold').fontSize(13).fillColor(colours.ink).text(text, x, doc.y)
  doc.y += 6
}
