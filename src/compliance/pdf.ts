// The report of a review as PDF: one page that tells how things stand and what to do first, then every control that was assessed. Keeps compliance-10.
import type { CheckState, Language } from '#kernel'
import { groups, severities } from './catalogue.ts'
import { bars, chip, colours, ring } from './chart.ts'
import { reportFont } from './font.ts'
import { details, notAssessed } from './pages.ts'
import type { ControlResult, ReviewResult } from './review.ts'
import { demand, foot, heading, instant, margin, type Pen, set, width } from './sheet.ts'
import { say, severityWords, stateWords } from './words.ts'

/** The PDF in one language. */
export const reportPdf = async (
  review: ReviewResult,
  language: Language,
  organisation: string,
): Promise<Uint8Array> => {
  const at = new Date(review.at)
  // Loaded when the first page is drawn: it takes more memory than any other part.
  const { default: PDFDocument } = await import('pdfkit')
  const doc = new PDFDocument({
    size: 'A4',
    margins: { top: margin, left: margin, right: margin, bottom: foot },
    bufferPages: true,
    info: { Title: `${say(language)('title')} ${organisation}`, Author: organisation, CreationDate: at, ModDate: at },
    lang: language === 'zh' ? 'zh-CN' : 'en',
  })
  doc.registerFont('text', await reportFont(400))
  doc.registerFont('bold', await reportFont(700))
  const chunks: Uint8Array[] = []
  const done = new Promise<void>((resolve, reject) => {
    doc.on('data', (chunk: Uint8Array) => chunks.push(chunk))
    doc.on('end', resolve)
    doc.on('error', reject)
  })
  head(doc, review, language, organisation)
  overview(doc, review, language)
  firstSteps(doc, review, language)
  details(doc, review, language)
  notAssessed(doc, review, language)
  pageNumbers(doc, review, language, organisation)
  doc.end()
  await done
  return Buffer.concat(chunks)
}

const head = (doc: Pen, review: ReviewResult, language: Language, organisation: string): void => {
  const t = say(language)
  doc.rect(0, 0, doc.page.width, 118).fill(colours.ink)
  doc.fillColor('#ffffff').font('bold').fontSize(22).text(t('title'), margin, 34)
  doc
    .font('text')
    .fontSize(11)
    .fillColor('#cfd8d3')
    .text(set(organisation), margin, 66, { width: width(doc), height: 16, ellipsis: true })
  doc.fontSize(9).text(`${instant(review.at)}   ·   ${t('run')} ${review.id}`, margin, 86)
  doc.y = 138
}

const states: readonly CheckState[] = ['pass', 'fail', 'error', 'not-assessed', 'not-applicable']

const overview = (doc: Pen, review: ReviewResult, language: Language): void => {
  const t = say(language)
  const { summary, controls } = review
  const counts: Readonly<Record<CheckState, number>> = {
    pass: summary.pass,
    fail: summary.fail,
    error: summary.error,
    'not-assessed': summary.notAssessed,
    'not-applicable': summary.notApplicable,
  }
  const top = doc.y
  heading(doc, t('summary'), margin)
  const decided = summary.pass + summary.fail + summary.error
  ring(
    doc,
    margin + 62,
    top + 96,
    54,
    states.slice(0, 3).map((state) => ({ value: counts[state], colour: colours[state] })),
  )
  doc
    .font('bold')
    .fontSize(18)
    .fillColor(colours.ink)
    .text(`${String(summary.pass)}/${String(decided)}`, margin + 22, top + 82, { width: 80, align: 'center' })
  doc
    .font('text')
    .fontSize(8)
    .fillColor(colours.quiet)
    .text(t('decided'), margin + 22, top + 105, { width: 80, align: 'center' })
  states.forEach((state, i) => {
    const y = top + 52 + i * 20
    doc.roundedRect(margin + 136, y + 2, 8, 8, 2).fill(colours[state])
    doc
      .font('text')
      .fontSize(9.5)
      .fillColor(colours.ink)
      .text(stateWords[state][language], margin + 150, y)
    doc.font('bold').text(String(counts[state]), margin + 216, y, { width: 24, align: 'right' })
  })
  const right = margin + 272
  doc.y = top
  heading(doc, t('byGroup'), right)
  bars(
    doc,
    right,
    top + 30,
    width(doc) - 272,
    groups.map((group) => ({
      label: group.label[language],
      parts: states.map((state) => ({
        value: controls.filter((control) => control.group === group.id && control.state === state).length,
        colour: colours[state],
      })),
    })),
  )
  doc.y = top + 30 + groups.length * 12 + 12
  integrity(doc, review, language)
}

const integrity = (doc: Pen, review: ReviewResult, language: Language): void => {
  const t = say(language)
  const top = doc.y
  const place = review.entry
    ? `${t('entry')} ${review.entry.id}, ${review.entry.index === null ? t('unsealed') : `${t('index')} ${review.entry.index}`}`
    : '–'
  const version = review.controls.find((control) => control.evidence)?.evidence?.productVersion ?? '–'
  doc.roundedRect(margin, top, width(doc), 58, 4).fill(review.intact ? '#eef4f0' : '#fbeae8')
  doc
    .font('bold')
    .fontSize(9)
    .fillColor(review.intact ? colours.pass : colours.fail)
    .text(t(review.intact ? 'intact' : 'broken'), margin + 12, top + 9)
  doc.font('text').fontSize(8).fillColor(colours.quiet)
  doc.text(`${t('digest')} SHA-256 ${review.digest}`, margin + 12, top + 25)
  doc.text(`${t('journal')}: ${place}   ·   ${t('product')}: ${version}`, margin + 12, top + 39)
  doc.y = top + 76
}

const bySeverity = (a: ControlResult, b: ControlResult): number =>
  severities.indexOf(a.severity) - severities.indexOf(b.severity) || (a.id < b.id ? -1 : 1)

const firstSteps = (doc: Pen, review: ReviewResult, language: Language): void => {
  const t = say(language)
  heading(doc, t('first'), margin)
  const open = review.controls.filter(({ state }) => state === 'fail' || state === 'error').sort(bySeverity)
  if (open.length === 0) doc.font('text').fontSize(10).fillColor(colours.ink).text(t('nothingFails'), margin, doc.y)
  for (const control of open) {
    doc.font('text').fontSize(9)
    const remedy = set(control.remedy[language])
    const room = doc.heightOfString(remedy, { width: width(doc) - 66 }) + 24
    demand(doc, room)
    const top = doc.y
    chip(doc, margin, top + 1, 50, severityWords[control.severity][language], severityColours[control.severity])
    doc
      .font('bold')
      .fontSize(10)
      .fillColor(colours.ink)
      .text(`${control.id}  ${set(control.title[language])}`, margin + 66, top, { width: width(doc) - 66 })
    doc
      .font('text')
      .fontSize(9)
      .fillColor(colours.quiet)
      .text(remedy, margin + 66, doc.y + 1, { width: width(doc) - 66 })
    doc.y += 7
  }
}

const severityColours = { critical: '#8e2017', high: '#c0392f', medium: '#b3721c', low: '#6b7772' } as const

const pageNumbers = (doc: Pen, review: ReviewResult, language: Language, organisation: string): void => {
  const { count } = doc.bufferedPageRange()
  for (let i = 0; i < count; i++) {
    doc.switchToPage(i)
    // Writing below the bottom margin would begin a new page.
    doc.page.margins.bottom = 0
    const y = doc.page.height - 38
    const number = say(language)('page')
      .replace('{n}', String(i + 1))
      .replace('{of}', String(count))
    doc.font('text').fontSize(8).fillColor(colours.quiet)
    doc.text(set(`${organisation} · ${instant(review.at)}`), margin, y, {
      width: width(doc) - 120,
      height: 12,
      ellipsis: true,
    })
    doc.text(number, doc.page.width - margin - 110, y, { width: 110, align: 'right', lineBreak: false })
  }
}
