import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { shared } from '../shared.fixture.ts'
import { longestRow, openTable, type Row } from './csv.ts'
import { decode, guessEncoding } from './encoding.ts'

const rowsOf = (text: string, delimiter?: string): readonly Row[] => [...openTable(text, delimiter).rows()]

test('[crm-4] delimiters and line ends are found', () => {
  for (const delimiter of [',', ';', '\t', '|']) {
    for (const end of ['\n', '\r\n', '\r']) {
      const table = openTable([`a${delimiter}b`, `1${delimiter}"x${end}y"`, `2${delimiter}z`].join(end) + end)
      assert.equal(table.delimiter, delimiter)
      assert.equal(table.lineEnd, end)
      assert.deepEqual(
        [...table.rows()].map((row) => row.cells),
        [
          ['1', `x${end}y`],
          ['2', 'z'],
        ],
      )
    }
  }
})

test('[crm-4] line numbers are those of an editor, over cells of several lines and blank lines', () => {
  assert.deepEqual(
    rowsOf('a,b\n1,"x\ny\nz"\n\n2,w\n').map((row) => row.line),
    [2, 6],
  )
  assert.deepEqual(
    rowsOf('a,b\r\n1,"x\r\ny"\r\n2,w\r\n').map((row) => row.line),
    [2, 4],
  )
})

test('[crm-4] titles above the heading are passed over; mixed line ends leave no CR behind', () => {
  const table = openTable('Report of June\n\nname,phone\nA,1\nB,2\nC,3\n')
  assert.deepEqual(table.header, ['name', 'phone'])
  assert.equal(table.headerLine, 3)
  assert.deepEqual(
    rowsOf('a,b\n1,x\r\n2,y\n').map((row) => row.cells),
    [
      ['1', 'x'],
      ['2', 'y'],
    ],
  )
  assert.deepEqual(
    rowsOf('a,b\r\r\n1,x\r\r\n').map((row) => row.cells),
    [['1', 'x']],
  )
})

test('[crm-5] wrong widths, NUL and stray quotes are refused, never shifted, and reading goes on', () => {
  const rows = rowsOf('a,b\n1\n2,x,y\n3,\0\n4,"p"q"\n5,ok\n')
  assert.deepEqual(
    rows.map((row) => row.damage === undefined),
    [false, false, false, false, true],
  )
  assert.deepEqual(
    rows.map((row) => row.line),
    [2, 3, 4, 5, 6],
  )
})

test('[crm-5] a quote that is never closed costs its own line only', () => {
  const rows = rowsOf('a,b\n1,x\n2,"never closed\n3,y\n4,z\n')
  assert.deepEqual(
    rows.filter((row) => row.damage === undefined).map((row) => row.cells),
    [
      ['1', 'x'],
      ['3', 'y'],
      ['4', 'z'],
    ],
  )
  assert.equal(rows.find((row) => row.damage)?.line, 3)
})

test('[crm-5] a line of 10 MB is refused, the rest is read, and what is kept of it is small', () => {
  const long = 'x'.repeat(10 * 1024 * 1024)
  const rows = rowsOf(`a,b\n1,x\n2,${long}\n3,y\n`)
  assert.deepEqual(
    rows.map((row) => row.line),
    [2, 3, 4],
  )
  const refused = rows[1]
  assert.ok(refused?.damage)
  assert.ok(refused.cells.join('').length < 1000)
  assert.deepEqual(rows[2]?.cells, ['3', 'y'])
})

test('[crm-4] what a writer writes is what is read: any cells, any line end', () => {
  const cell = fc.string({
    unit: fc.constantFrom('a', ',', ';', '"', '\n', '\r', "'", ' ', '张', '😀', '\u2028', '=', '\t'),
  })
  fc.assert(
    fc.property(
      fc.array(fc.tuple(cell, cell, cell), { minLength: 1, maxLength: 20 }),
      fc.constantFrom('\r\n', '\n'),
      (cells, end) => {
        const text = stringify([['h1', 'h2', 'h3'], ...cells], { record_delimiter: end, quoted: true })
        const filled = cells.filter((row) => row.some((one) => one.trim() !== ''))
        assert.deepEqual(
          rowsOf(text, ',').map((row) => row.cells),
          filled,
        )
      },
    ),
  )
})

test('[crm-4] windows of the reader cut anywhere: large files read like small ones', () => {
  const cells = Array.from({ length: 60_000 }, (_, i) => [
    String(i),
    i % 7 === 0 ? `"${String(i)}"\r\nnext` : `value ${String(i)}`,
    '张伟',
  ])
  const text = stringify([['a', 'b', 'c'], ...cells], { record_delimiter: '\r\n', quoted: true })
  const rows = rowsOf(text, ',')
  assert.equal(rows.length, cells.length)
  assert.ok(rows.every((row, i) => row.damage === undefined && row.cells.every((cell, j) => cell === cells[i]?.[j])))
  assert.equal(rows.at(-1)?.line, 2 + 59_999 + Math.ceil(59_999 / 7))
})

test('[crm-4] the answers that come with the collection of odd CSV files', (t) => {
  const folder = shared('messy-csv/csv-spectrum')
  if (!folder) return t.skip('skipped: no shared data')
  for (const name of readdirSync(`${folder}/csvs`)) {
    const bytes: Uint8Array = readFileSync(`${folder}/csvs/${name}`)
    const answer = `${folder}/json/${name.replace('.csv', '.json')}`
    // The answer beside this one belongs to other data.
    if (!existsSync(answer) || name === 'location_coordinates.csv') continue
    const expected = JSON.parse(readFileSync(answer, 'utf8')) as Record<string, string>[]
    const table = openTable(decode(bytes, guessEncoding(bytes).encoding), ',')
    const found = [...table.rows()].map((row) =>
      Object.fromEntries(table.header.map((heading, i) => [heading, row.cells[i] ?? ''])),
    )
    // Some files were stored with LF although their answers speak of CRLF.
    const asStored = bytes.includes(0x0d)
      ? expected
      : expected.map((row) =>
          Object.fromEntries(Object.entries(row).map(([key, value]) => [key, value.replaceAll('\r\n', '\n')])),
        )
    assert.deepEqual(found, asStored, name)
  }
})

test('[crm-5] real files with rows wider than their heading: as many refused as were counted', (t) => {
  const wide: readonly (readonly [string, number, number])[] = [
    ['northwind/customers.csv', 91, 24],
    ['northwind/orders.csv', 830, 176],
  ]
  for (const [file, all, refused] of wide) {
    const path = shared(file)
    if (!path) return t.skip('skipped: no shared data')
    const rows = rowsOf(readFileSync(path, 'utf8'))
    assert.equal(rows.length, all, file)
    assert.equal(rows.filter((row) => row.damage).length, refused, file)
  }
})

test('[crm-5] a row that is too long comes back with each cut cell marked as cut, and the next row is read', () => {
  for (const length of [longestRow, longestRow * 3]) {
    const [row, next] = rowsOf(`name,notes\nshort,${'x'.repeat(length)}\nnext,one\n`)
    assert.ok(row?.damage)
    const last = row.cells.at(-1) ?? ''
    assert.ok(last.endsWith('x…') && last.length === 201, last)
    if (row.cells.length > 1) assert.equal(row.cells[0], 'short')
    assert.deepEqual([next?.cells, next?.damage], [['next', 'one'], undefined])
  }
})
