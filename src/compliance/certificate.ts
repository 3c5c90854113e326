// A one-page document of names and values under a title, such as the certificate of an erasure, as PDF. Keeps compliance-10.
import type { Language } from '#kernel'
import { colours } from './chart.ts'
import { reportFont } from './font.ts'
import { demand, foot, margin, set, width } from './sheet.ts'

export interface Paper {
  readonly title: string
  readonly organisation: string
  readonly language: Language
  /** ISO 8601. */
  readonly at: string
  readonly lines: readonly (readonly [name: string, value: string])[]
  readonly note: string
}

const label = 130

export const certificatePdf = async (paper: Paper): Promise<Uint8Array> => {
  const at = new Date(paper.at)
  // Loaded when the first page is drawn: it takes more memory than any other part.
  const { default: PDFDocument } = await import('pdfkit')
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: margin, left: margin, right: margin, bottom: foot },
    info: { Title: `${paper.title} ${paper.organisation}`, Author: paper.organisation, CreationDate: at, ModDate: at },
    lang: paper.language === 'zh' ? 'zh-CN' : 'en',
  })
  doc.registerFont('text', await reportFont(400))
  doc.registerFont('bold', await reportFont(700))
  const chunks: Uint8Array[] = []
  const done = new Promise<void>((resolve, reject) => {
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    doc.on('end', resolve)
    doc.on('error', reject)
  })
  doc.rect(0, 0, doc.page.width, 104).fill(colours.ink)
  doc.fillColor('#ffffff').font('bold').fontSize(22).text(paper.title, margin, 30)
  doc.font('text').fontSize(11).fillColor('#cfd8d3')
  doc.text(set(paper.organisation), margin, 64, { width: width(doc), height: 16, ellipsis: true })
  doc.y = 128
  for (const [name, value] of paper.lines) {
    doc.font('text').fontSize(9.5)
    const room = doc.heightOfString(linesOf(value), { width: width(doc) - label })
    demand(doc, room + 10)
    const y = doc.y
    doc.fillColor(colours.quiet).text(name, margin, y, { width: label - 10 })
    const left = doc.y
    doc.fillColor(colours.ink).text(linesOf(value), margin + label, y, { width: width(doc) - label })
    doc.y = Math.max(left, doc.y) + 8
  }
  demand(doc, 90)
  doc
    .font('text')
    .fontSize(8.5)
    .fillColor(colours.quiet)
    .text(set(paper.note), margin, doc.y + 10, { width: width(doc) })
  doc.end()
  await done
  return Buffer.concat(chunks)
}

const linesOf = (value: string): string => value.split('\n').map(set).join('\n')
