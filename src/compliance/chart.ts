// The few drawings of the report: a ring, stacked bars, a chip.
import type { CheckState } from '#kernel'

export const colours = {
  ink: '#1f2a26',
  quiet: '#5d6963',
  pass: '#2e7d4f',
  fail: '#c0392f',
  error: '#d09032',
  'not-assessed': '#a4aeaa',
  'not-applicable': '#d6d9d4',
} as const satisfies Record<CheckState | 'ink' | 'quiet', string>

interface Part {
  readonly value: number
  readonly colour: string
}

/** A ring of parts round a free middle, starting at twelve o'clock. */
export const ring = (doc: PDFKit.PDFDocument, x: number, y: number, radius: number, parts: readonly Part[]): void => {
  const total = parts.reduce((sum, part) => sum + part.value, 0)
  doc.lineWidth(15)
  if (total === 0) doc.circle(x, y, radius - 8).stroke(colours['not-applicable'])
  let from = -Math.PI / 2
  for (const { value, colour } of parts) {
    if (value === 0) continue
    const to = from + (value / total) * 2 * Math.PI
    if (value === total) doc.circle(x, y, radius - 8).stroke(colour)
    else doc.path(arc(x, y, radius - 8, from, to)).stroke(colour)
    from = to
  }
  doc.lineWidth(1)
}

const arc = (x: number, y: number, r: number, from: number, to: number): string => {
  const at = (angle: number): string =>
    `${(x + r * Math.cos(angle)).toFixed(2)} ${(y + r * Math.sin(angle)).toFixed(2)}`
  return `M ${at(from)} A ${String(r)} ${String(r)} 0 ${to - from > Math.PI ? '1' : '0'} 1 ${at(to)}`
}

/** One line of 12 points per row: a label, then its parts side by side, all to one scale. */
export const bars = (
  doc: PDFKit.PDFDocument,
  x: number,
  y: number,
  width: number,
  rows: readonly { readonly label: string; readonly parts: readonly Part[] }[],
): void => {
  const labels = 132
  const longest = Math.max(1, ...rows.map((row) => row.parts.reduce((sum, part) => sum + part.value, 0)))
  const unit = (width - labels) / longest
  rows.forEach(({ label, parts }, i) => {
    const top = y + i * 12
    doc
      .font('text')
      .fontSize(8)
      .fillColor(colours.ink)
      .text(label, x, top - 1.5, { width: labels - 6, height: 11, ellipsis: true })
    let at = x + labels
    for (const { value, colour } of parts) {
      if (value > 0) doc.rect(at, top, value * unit - 0.7, 8).fill(colour)
      at += value * unit
    }
  })
}

/** A word on a coloured ground. */
export const chip = (
  doc: PDFKit.PDFDocument,
  x: number,
  y: number,
  width: number,
  text: string,
  colour: string,
): void => {
  doc.roundedRect(x, y, width, 14, 3).fill(colour)
  const dark = colour === colours['not-applicable'] || colour === colours['not-assessed']
  doc
    .font('bold')
    .fontSize(8)
    .fillColor(dark ? colours.ink : '#ffffff')
    .text(text, x, y + 1.5, { width, align: 'center', lineBreak: false })
}
