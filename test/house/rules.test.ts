// Rules and tests belong together: every numbered rule of a SPEC.md has a test that names it, every test names a rule that exists.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

const root = new URL('../../', import.meta.url).pathname
const read = (file: string): string => readFileSync(join(root, file), 'utf8')

const numbers = globSync('{src/*,test/house}/SPEC.md', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/^- \*\*([a-z]+-\d+)\*\*/gm)].map((m) => m[1] ?? ''),
)
const rules = new Set(numbers)
const titles = globSync('{src,test}/**/*.test.ts', { cwd: root }).flatMap((file) =>
  [...read(file).matchAll(/^\s*(?:void |await )?test\(\s*(['"`])(.*?)\1/gms)].map((match) => ({
    file,
    title: match[2] ?? '',
  })),
)

test('[house-2] every rule has a test that names it', () => {
  assert.ok(rules.size > 60, 'rules were read')
  const named = new Set(titles.flatMap(({ title }) => [...title.matchAll(/\[([a-z]+-\d+)\]/g)].map((m) => m[1] ?? '')))
  assert.deepEqual(
    [...rules].filter((rule) => !named.has(rule)),
    [],
  )
})

test('[house-2] every test names a rule that exists', () => {
  const strays = titles.filter(({ title }) => {
    const named = [...title.matchAll(/^\[([a-z]+-\d+)\]/g)].map((m) => m[1] ?? '')
    return named.length === 0 || !named.every((rule) => rules.has(rule))
  })
  assert.deepEqual(
    strays.map(({ file, title }) => `${file}: ${title}`),
    [],
  )
})

test('[house-2] a number stands for one rule', () => {
  assert.deepEqual(
    numbers.filter((rule, i) => numbers.indexOf(rule) !== i),
    [],
  )
})
