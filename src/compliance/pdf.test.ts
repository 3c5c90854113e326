// The PDF report, read back as text.
import assert from 'node:assert/strict'
import test from 'node:test'
import { inflateSync } from 'node:zlib'
import type { CheckState, Language } from '#kernel'
import { controls } from './catalogue.ts'
import { reportFont, woffToTrueType } from './font.ts'
import { reportPdf } from './pdf.ts'
import type { ReviewResult } from './review.ts'

const states: readonly CheckState[] = ['pass', 'fail', 'error', 'not-assessed', 'not-applicable']

const sample: ReviewResult = {
  id: '01980000-0000-7000-8000-000000000001',
  at: '2026-05-01T08:09:10.000Z',
  finishedAt: '2026-05-01T08:09:11.000Z',
  startedBy: '01980000-0000-7000-8000-000000000002',
  summary: { pass: 20, fail: 20, error: 13, notAssessed: 13, notApplicable: 13 },
  digest: 'ab'.repeat(32),
  intact: true,
  entry: { id: '41', index: '40' },
  controls: controls.map((control, i) => ({
    ...control,
    state: i % 6 === 5 ? 'not-assessed' : (states[i % 5] ?? 'pass'),
    finding: {
      zh: `第${String(i)}项的发现，含有“引号”与很长的一句话。`.repeat(1 + (i % 3)),
      en: `Finding number ${String(i)} in a sentence. `.repeat(1 + (i % 3)).trim(),
    },
    evidence:
      i % 6 === 5
        ? null
        : {
            observed: {},
            population: i,
            sha256: 'cd'.repeat(32),
            checkVersion: 1,
            productVersion: '0.1.0',
            collectedAt: '2026-05-01T08:09:10.000Z',
          },
  })),
}

const squeeze = (text: string): string => text.replaceAll('≤', '<=').replaceAll('≥', '>=').replaceAll(/\s/g, '')

for (const language of ['zh', 'en'] as const satisfies readonly Language[])
  test(`[compliance-10] the ${language} report tells the summary and every assessed control with finding and remedy`, async () => {
    const pdf = await reportPdf(sample, language, '守客科技 Holdfast')
    assert.equal(Buffer.from(pdf).toString('latin1', 0, 5), '%PDF-')
    const pages = textOf(Buffer.from(pdf)).map(squeeze)
    const [first = ''] = pages
    const text = pages.join('')
    assert.ok(pages.length >= 8)
    for (const word of ['20/53', '守客科技Holdfast', sample.id, sample.digest, '2026-05-0108:09UTC'])
      assert.ok(first.includes(word), word)
    const body = pages.map((page) => page.replace(/守客科技Holdfast·2026-05-0108:09UTC.*$/u, '')).join('')
    for (const control of sample.controls) {
      for (const part of [`${control.id}${control.title[language]}`, control.requirement[language]])
        assert.ok(body.includes(squeeze(part)), `${control.id}: ${part}`)
      if (!control.evidence) continue
      assert.ok(body.includes(squeeze(control.finding[language])), control.id)
      if (control.state === 'fail' || control.state === 'error')
        assert.ok(
          body.split(squeeze(control.remedy[language])).length >= 3,
          `${control.id} stands first and in its place`,
        )
    }
    assert.ok(text.includes(language === 'zh' ? `第1/${String(pages.length)}页` : `Page1of${String(pages.length)}`))
    const wrong = await reportPdf({ ...sample, intact: false, entry: null }, language, 'x')
    assert.match(
      textOf(Buffer.from(wrong))[0] ?? '',
      language === 'zh' ? /警告：存储的证据/ : /Warning: stored evidence/,
    )
  })

test('[compliance-10] the font unpacks to a whole TrueType file, and what is no font is refused', async () => {
  const font = await reportFont(400)
  assert.equal(font.readUInt32BE(0), 0x00010000)
  const tables = font.readUInt16BE(4)
  for (let i = 0; i < tables; i++) {
    const row = 12 + i * 16
    const [at, length] = [font.readUInt32BE(row + 8), font.readUInt32BE(row + 12)]
    assert.ok(at % 4 === 0 && at + length <= font.length)
    let sum = 0
    const padded = Buffer.concat([font.subarray(at, at + length), Buffer.alloc((4 - (length % 4)) % 4)])
    for (let k = 0; k < padded.length; k += 4) sum = (sum + padded.readUInt32BE(k)) >>> 0
    // The checksum of head leaves out a field that depends on all the others.
    if (font.toString('latin1', row, row + 4) !== 'head') assert.equal(sum, font.readUInt32BE(row + 4))
  }
  assert.equal(await reportFont(400), font, 'unpacked once')
  assert.throws(() => woffToTrueType(Buffer.from('wOF2 or something else')), /not a WOFF font/)
})

/** Text of each page, by the ToUnicode maps of its fonts, in the order it was drawn. */
const textOf = (pdf: Buffer): readonly string[] => {
  const objects = new Map<string, string>()
  for (const [, id = '', body = ''] of pdf.toString('latin1').matchAll(/\n(\d+) 0 obj\n([^]*?)\nendobj/g))
    objects.set(id, body)
  const object = (id: string | undefined): string => objects.get(id ?? '') ?? ''
  const stream = (id: string | undefined): string => {
    const [, bytes = ''] = /stream\n([^]*)\nendstream/.exec(object(id)) ?? []
    return object(id).includes('/FlateDecode') ? inflateSync(Buffer.from(bytes, 'latin1')).toString('latin1') : bytes
  }
  const glyphs = (font: string): readonly string[] => {
    const map = stream(/\/ToUnicode (\d+)/.exec(object(font))?.[1])
    return [...map.matchAll(/<([0-9a-f]+)> <[0-9a-f]+> \[([^\]]*)\]/g)].flatMap(([, , list = '']) =>
      [...list.matchAll(/<([0-9a-f ]*)>/g)].map(([, code = '']) =>
        String.fromCharCode(...(code.replaceAll(' ', '').match(/.{4}/g) ?? []).map((unit) => parseInt(unit, 16))),
      ),
    )
  }
  return [...objects.values()]
    .filter((body) => /\/Type \/Page\n/.test(body))
    .map((page) => {
      const resources = object(/\/Resources (\d+)/.exec(page)?.[1])
      const fonts = new Map(
        [...resources.matchAll(/\/(F\d+) (\d+) 0 R/g)].map(([, name = '', id = '']) => [name, glyphs(id)]),
      )
      let font: readonly string[] = []
      let text = ''
      for (const [, name, shown = ''] of stream(/\/Contents (\d+)/.exec(page)?.[1]).matchAll(
        /\/(F\d+) [\d.]+ Tf|\[([^\]]*)\] TJ/g,
      )) {
        if (name !== undefined) font = fonts.get(name) ?? []
        else
          for (const [, codes = ''] of shown.matchAll(/<([0-9a-f]*)>/g))
            for (const code of codes.match(/.{4}/g) ?? []) text += font[parseInt(code, 16)] ?? '?'
      }
      return text
    })
}
