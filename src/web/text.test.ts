/// <reference types="node" />
// The message files: both languages say the same things, and every key the pages ask for exists.
import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import i18next from 'i18next'
import { journalActs } from './parts/journal-acts.ts'

const interpolation = { interpolation: { escapeValue: false, prefix: '{', suffix: '}' } }

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
  // Chinese has one form for one and for many of a thing.
  const ofOne = (key: string): boolean => key.endsWith('_one')
  assert.deepEqual([...zh.keys()].sort(), [...en.keys()].filter((key) => !ofOne(key)).sort())
  for (const key of [...en.keys()].filter(ofOne)) assert.ok(zh.has(key.slice(0, -'_one'.length)), key)
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

test('[web-184] whatever is refused has words in the journal', () => {
  const source = (name: string): string => readFileSync(new URL(`../${name}`, import.meta.url), 'utf8')
  const table = /systemActions = \[([^\]]+)\]/.exec(source('access/schema.ts'))?.[1] ?? ''
  const actions = [...table.matchAll(/'([a-z.-]+)'/g)].flatMap(([, action]) => action ?? [])
  const vault = readdirSync(new URL('../vault', import.meta.url)).filter((name) => /(?<!\.test)\.ts$/.test(name))
  const denied = vault.flatMap((name) =>
    [...source(`vault/${name}`).matchAll(/journalDenial\(house, actor, '([a-z.-]+)'/g)].flatMap(
      ([, what]) => what ?? [],
    ),
  )
  const codes = /\[('denied', [^\]]+)\]\.includes\(error\.code\)/.exec(source('vault/write.ts'))?.[1] ?? ''
  const why = [...codes.matchAll(/'([a-z-]+)'/g)].flatMap(([, code]) => (code === 'denied' ? [] : (code ?? [])))
  assert.ok(actions.length > 25 && denied.length > 4 && why.length > 1)
  for (const one of [...actions, ...denied, ...why, 'not-found']) {
    const key = one.replaceAll('.', '-')
    assert.ok(zh.has(`refusedAct.${key}`) || zh.has(`act.${key}`) || zh.has(`act.${one.split('.')[0] ?? ''}`), one)
  }
})

test('[web-183] what is told of a number of things is told of one of them too', async () => {
  const numbered = [...en].filter(([key, text]) => /^\{count\} [a-z]+s\b/.test(text) && !key.endsWith('_one'))
  assert.ok(numbered.length > 5)
  for (const [key] of numbered) assert.ok(key === 'keys.seconds' || en.has(`${key}_one`), `no text for one: ${key}`)
  const text = JSON.parse(readFileSync(new URL('../kernel/text/en.json', import.meta.url), 'utf8')) as Tree
  const told = i18next.createInstance({ lng: 'en', resources: { en: { translation: text } }, ...interpolation })
  await told.init()
  assert.deepEqual(
    [0, 1, 2].map((count) => told.t('list.count', { count })),
    ['0 records', '1 record', '2 records'],
  )
})
