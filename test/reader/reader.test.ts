// A reader that shares no line with us opens the golden cells and a fresh one: the format is what docs/formats/cell.md says. Needs
// Python 3 and the openssl command.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createSecretKey, randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'
import { holdSubjectKey } from '../../src/encryption/subject.ts'
import { sealCell } from '../../src/encryption/cell.ts'
import { suites } from '../../src/encryption/suite.ts'
import { hex, newId } from '../../src/kernel/index.ts'

const script = fileURLToPath(new URL('open-cell.py', import.meta.url))
const goldenFile = new URL('../../src/encryption/fixtures/cells-1.json', import.meta.url)

interface Item {
  readonly key: { readonly tenant: string; readonly suite: number; readonly generation: number }
  readonly dek: string
  readonly context: Readonly<Record<string, unknown>>
  readonly values?: unknown
  readonly cell: string
}

const ready = (t: TestContext): boolean => {
  for (const [command, argument] of [
    ['python3', '--version'],
    ['openssl', 'version'],
  ] as const) {
    if (spawnSync(command, [argument]).status === 0) continue
    t.skip(`skipped: needs ${command}`)
    return false
  }
  return true
}

/** Values of each cell, null for those that did not open. */
const read = (items: readonly Item[]): readonly unknown[] => {
  const { stdout, stderr, status } = spawnSync('python3', [script, '-'], {
    input: JSON.stringify(items),
    encoding: 'utf8',
  })
  const values = stdout
    .trim()
    .split('\n')
    .map((line): unknown => JSON.parse(line))
  assert.equal(values.length, items.length, stderr)
  assert.equal(status, values.includes(null) ? 1 : 0, stderr)
  return values
}

const golden = JSON.parse(readFileSync(goldenFile, 'utf8')) as readonly Item[]

test('[encryption-33] the independent reader opens the golden cell of every suite, in a hundred lines at most', (t) => {
  assert.ok(readFileSync(script, 'utf8').trimEnd().split('\n').length <= 100)
  if (!ready(t)) return
  assert.deepEqual(
    golden.map(({ key }) => key.suite),
    suites.map(({ id }) => id),
  )
  assert.deepEqual(
    read(golden),
    golden.map(({ values }) => values),
  )
})

test('[encryption-33] the independent reader opens what was sealed just now', (t) => {
  if (!ready(t)) return
  const values = { name: '王小明 \ud800', notes: '长'.repeat(300), amount: 12.5, none: null }
  const context = {
    table: 'account',
    record: newId(),
    group: 'basic',
    version: 2 ** 40,
    attributes: { team: null, owner: newId(), Ägypten: 'ß', '': '' },
    schema: 3,
  }
  const items = suites.map(({ id }): Item => {
    const dek = randomBytes(32)
    const of = { tenant: newId(), subject: newId(), generation: 9, epoch: 2, suite: id }
    const cell = sealCell(holdSubjectKey({ ...of }, createSecretKey(dek)), context, values)
    return { key: of, dek: hex(dek), context, cell: hex(cell) }
  })
  assert.deepEqual(
    read(items),
    items.map(() => values),
  )
})

test('[encryption-33] the independent reader refuses what was changed, moved or rolled back', (t) => {
  if (!ready(t)) return
  const bad = golden.flatMap((item): readonly Item[] => {
    const at = (n: number): string =>
      item.cell.slice(0, 2 * n) + (item.cell[2 * n] === '0' ? '1' : '0') + item.cell.slice(2 * n + 1)
    const length = item.cell.length / 2
    return [
      ...[0, 1, 3, 4, 8, 9, 30, length - 1].map((n) => ({ ...item, cell: at(n) })),
      { ...item, cell: item.cell.slice(0, -2) },
      { ...item, context: { ...item.context, version: 4 } },
      { ...item, context: { ...item.context, record: newId() } },
      { ...item, context: { ...item.context, attributes: { owner: null, team: null } } },
      { ...item, key: { ...item.key, tenant: newId() } },
    ]
  })
  assert.deepEqual(
    read(bad),
    bad.map(() => null),
  )
})
