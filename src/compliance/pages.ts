// The inner pages of the report: every assessed control as a card, the others as a list. Keeps compliance-10.
import type { Language } from '#kernel'
import { groups } from './catalogue.ts'
import { chip, colours } from './chart.ts'
import type { ControlResult, ReviewResult } from './review.ts'
import { demand, heading, instant, margin, type Pen, set, width } from './sheet.ts'
import { say, severityWords, stateWords } from './words.ts'

/** The controls that a check has looked at, by area. */
export const details = (doc: Pen, review: ReviewResult, language: Language): void => {
  doc.addPage()
  heading(doc, say(language)('details'), margin)
  for (const group of groups) {
    const shown = review.controls.filter((control) => control.group === group.id && control.evidence !== null)
    shown.forEach((control, i) => {
      demand(doc, heightOf(doc, control, language) + (i === 0 ? 26 : 0))
      if (i === 0) groupHead(doc, `${group.id}  ${group.label[language]}`)
      card(doc, control, language)
    })
  }
}

const groupHead = (doc: Pen, text: string): void => {
  const top = doc.y + 2
  doc.rect(margin, top, width(doc), 18).fill('#e9edea')
  doc
    .font('bold')
    .fontSize(10)
    .fillColor(colours.ink)
    .text(text, margin + 8, top + 2, { lineBreak: false })
  doc.y = top + 24
}

const indent = 14
const label = 62

const linesOf = (control: ControlResult, language: Language): readonly (readonly [name: string, text: string])[] => {
  const t = say(language)
  const { evidence } = control
  return [
    [t('requirement'), set(control.requirement[language])],
    [t('finding'), set(control.finding[language])],
    ...(control.state === 'pass' || control.state === 'not-applicable'
      ? []
      : [[t('remedy'), set(control.remedy[language])] as const]),
    ...(evidence
      ? [
          [
            t('evidence'),
            `SHA-256 ${evidence.sha256.slice(0, 16)}…  ·  ${String(evidence.population)} ${t('population')}  ·  v${String(evidence.checkVersion)}  ·  ${instant(evidence.collectedAt)}`,
          ] as const,
        ]
      : []),
    [
      t('clauses'),
      Object.entries(control.maps)
        .map(([framework, clauses]) => `${framework} ${clauses.join(', ')}`)
        .join('; '),
    ],
  ]
}

const heightOf = (doc: Pen, control: ControlResult, language: Language): number => {
  doc.font('text').fontSize(8.5)
  return linesOf(control, language).reduce(
    (sum, [, text]) => sum + doc.heightOfString(text, { width: width(doc) - indent - label }) + 2,
    34,
  )
}

const card = (doc: Pen, control: ControlResult, language: Language): void => {
  const top = doc.y
  chip(doc, doc.page.width - margin - 70, top, 70, stateWords[control.state][language], colours[control.state])
  doc
    .font('bold')
    .fontSize(10.5)
    .fillColor(colours.ink)
    .text(`${control.id}  ${set(control.title[language])}`, margin + indent, top, {
      width: width(doc) - indent - 150,
      lineBreak: false,
    })
  doc
    .font('text')
    .fontSize(8.5)
    .fillColor(colours.quiet)
    .text(severityWords[control.severity][language], doc.page.width - margin - 136, top + 2, {
      width: 58,
      align: 'right',
    })
  doc.y = top + 18
  for (const [name, text] of linesOf(control, language)) {
    const y = doc.y
    const telling = name === say(language)('finding') || name === say(language)('remedy')
    doc
      .font('text')
      .fontSize(8.5)
      .fillColor(colours.quiet)
      .text(name, margin + indent, y, { lineBreak: false })
    doc
      .fillColor(telling ? colours.ink : colours.quiet)
      .text(text, margin + indent + label, y, { width: width(doc) - indent - label })
    doc.y += 2
  }
  doc.rect(margin + 2, top, 3, doc.y - top - 2).fill(colours[control.state])
  doc.y += 10
}

/** The controls that no check has looked at. */
export const notAssessed = (doc: Pen, review: ReviewResult, language: Language): void => {
  const t = say(language)
  const rest = review.controls.filter((control) => control.evidence === null)
  if (rest.length > 0) {
    demand(doc, 120)
    heading(doc, `${t('rest')} (${String(rest.length)})`, margin)
    doc
      .font('text')
      .fontSize(9)
      .fillColor(colours.quiet)
      .text(t('restNote'), margin, doc.y, { width: width(doc) })
    doc.y += 6
  }
  for (const control of rest) {
    doc.font('text').fontSize(8.5)
    const text = set(control.requirement[language])
    const room = doc.heightOfString(text, { width: width(doc) - 190 })
    demand(doc, Math.max(room, 12) + 6)
    const y = doc.y
    doc.font('bold').fillColor(colours.ink).text(control.id, margin, y, { lineBreak: false })
    doc.font('text').text(set(control.title[language]), margin + 50, y, { width: 130 })
    const left = doc.y
    doc.fillColor(colours.quiet).text(text, margin + 190, y, { width: width(doc) - 190 })
    doc.y = Math.max(left, doc.y) + 4
  }
  demand(doc, 40)
  doc.y += 10
  doc
    .font('text')
    .fontSize(8)
    .fillColor(colours.quiet)
    .text(t('mapping'), margin, doc.y, { width: width(doc) })
}
