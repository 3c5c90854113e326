/// <reference types="node" />
// The message files: both languages say the same things, and every key the pages ask for exists.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { journalActs } from './parts/journal-acts.ts'

type Tree = { readonly [key: string]: string | Tree }

const read = (language: string): ReadonlyMap<string, string> => {
  const text = readFileSync(new URL(`../kernel/text/${language}.json`, import.meta.url), 'utf8')
  return new Map(flat(JSON.parse(text) as Tree, ''))
}

const flat = (tree: Tree, prefix: string): [string, string][] =>
  Object.entries(tree).flatMap(([key, value]) =>
    typeof value === 'string' ? [[`${prefix}${key}`, value] as [string, string]] : flat(value, `${prefix}${key}.`),
  )

const sources = (): string =>
  readdirSync(new URL('.', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.tsx?$/.test(name) && !name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, import.meta.url), 'utf8'))
    .join('\n')

const zh = read('zh')
const en = read('en')

test('[web-1] both languages have the same keys, none of them empty', () => {
  assert.deepEqual([...zh.keys()].sort(), [...en.keys()].sort())
  for (const [key, text] of [...zh, ...en]) assert.ok(text.trim() !== '', key)
})

test('[web-1] both languages fill in the same values', () => {
  const names = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((found) => found[1] ?? '').sort()
  for (const [key, text] of zh) assert.deepEqual(names(text), names(en.get(key) ?? ''), key)
})

test('[web-2] every text the pages ask for exists', () => {
  const code = sources()
  const asked = [
    ...code.matchAll(/\bt\(\s*'([^']+)'/g),
    ...code.matchAll(/\? '([a-zA-Z]+\.[\w.-]+)' : '[a-zA-Z]+\.[\w.-]+'/g),
  ]
  assert.ok(asked.length > 200)
  for (const [, key] of asked) if (key !== undefined) assert.ok(zh.has(key), `no text ${key}`)
  const built = [...code.matchAll(/\bt\(\s*`([\w.-]+\.)\$\{/g)]
  for (const [, prefix] of built)
    if (prefix !== undefined)
      assert.ok(
        [...zh.keys()].some((key) => key.startsWith(prefix)),
        `no texts under ${prefix}`,
      )
})

test('[web-3] Chinese texts are Chinese, English texts hold no Chinese but names and language names', () => {
  for (const [key, text] of en)
    if (!['common.product', 'review.pdfZh'].includes(key)) assert.ok(!/\p{Script=Han}/u.test(text), key)
  for (const [key, text] of zh)
    if (!['review.pdfEn', 'common.listComma'].includes(key)) assert.ok(/\p{Script=Han}/u.test(text), key)
})

test('[web-2] every act that is journalled has a text of its own and a place in the filter of the journal', () => {
  for (const act of journalActs) assert.ok(zh.has(`act.${act.replaceAll('.', '-')}`), act)
  const rooms = readdirSync(new URL('..', import.meta.url), { recursive: true, encoding: 'utf8' })
    .filter((name) => /\.ts$/.test(name) && !name.endsWith('.test.ts') && !name.startsWith('web'))
    .map((name) => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8'))
    .join('\n')
  const written = [...rooms.matchAll(/entryOf\([^()]*?'([a-z-]+\.[a-z-]+)'|\bentry\('([a-z-]+\.[a-z-]+)'/g)].map(
    ([, a, b]) => a ?? b ?? '',
  )
  assert.ok(written.length > 60, String(written.length))
  for (const act of written) assert.ok(journalActs.includes(act), act)
})
