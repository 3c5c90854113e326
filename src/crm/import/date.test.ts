import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { shared } from '../shared.fixture.ts'
import { openTable } from './csv.ts'
import { type DayOrder, type OrderEvidence, orderOf, readDate, readMoment, weighOrder } from './date.ts'
import { values } from './reason.ts'

const value = (read: ReturnType<typeof readDate>): string =>
  'value' in read ? read.value : `refused: ${read.refused.en}`
const orderIn = (texts: readonly string[]): DayOrder | null => {
  const evidence: OrderEvidence = { dmy: false, mdy: false, ambiguous: false }
  for (const text of texts) weighOrder(text, evidence)
  return orderOf(evidence)
}

test('[crm-8] one day in the many ways it is written', () => {
  for (const text of [
    '2024-03-05',
    '2024/3/5',
    '2024.3.5',
    '2024年3月5日',
    '2024年03月05号',
    '20240305',
    '45356',
    '5 Mar 2024',
    'March 5, 2024',
    '５/３/２０２４',
    '2024-03-05T23:30:00-08:00',
    '2024-03-05 10:38',
  ]) {
    assert.equal(value(readDate(text, 'dmy')), '2024-03-05', text)
  }
})

test('[crm-8] one row settles the order of day and month of its column', () => {
  assert.equal(orderIn(['01/02/2024', '13/02/2024']), 'dmy')
  assert.equal(orderIn(['01/02/2024', '02/13/2024']), 'mdy')
  assert.equal(orderIn(['01/02/2024', '05/05/2024']), null)
  assert.equal(orderIn(['13/02/2024', '02/13/2024']), null)
  assert.equal(value(readDate('01/02/2024', 'dmy')), '2024-02-01')
  assert.equal(value(readDate('01/02/2024', 'mdy')), '2024-01-02')
})

test('[crm-8] what is ambiguous, impossible or contradicts itself is refused', () => {
  assert.deepEqual(readDate('01/02/2024', null), { refused: values.ambiguous })
  assert.equal(value(readDate('05/05/2024', null)), '2024-05-05')
  for (const text of ['2024-02-30', '2024-13-01', '31/04/2024'])
    assert.deepEqual(readDate(text, 'dmy'), { refused: values.noSuchDay })
  assert.deepEqual(readDate('2010-10-14T12:00:00.000Z-0300', null), { refused: values.zone })
  for (const text of ['tomorrow', '5/3/24', '12345678901', '2024-01-01 25:00', ''])
    assert.ok('refused' in readDate(text, 'dmy'), text)
})

test('[crm-8] a date as written never slips, whatever the zone; moments are UTC', () => {
  fc.assert(
    fc.property(
      fc.date({ min: new Date('1900-01-01'), max: new Date('2099-12-31'), noInvalidDate: true }),
      fc.integer({ min: -12, max: 14 }),
      (date, zone) => {
        const day = date.toISOString().slice(0, 10)
        const offset = `${zone < 0 ? '-' : '+'}${String(Math.abs(zone)).padStart(2, '0')}:00`
        assert.equal(value(readDate(`${day}T23:59:59${offset}`, null)), day)
        assert.equal(value(readMoment(date.toISOString(), null, 480)), date.toISOString())
      },
    ),
  )
  assert.equal(value(readMoment('2024-02-27 10:38', null, 480)), '2024-02-27T02:38:00.000Z')
  assert.equal(value(readMoment('2024年2月27日 下午3:05', null, 480)), '2024-02-27T07:05:00.000Z')
})

test('[crm-8] moments with every form of zone', (t) => {
  const path = shared('salesforce-dataloader/encodings-and-dates/timeZoneFormatTesting.csv')
  if (!path) return t.skip('skipped: no shared data')
  const rows = [...openTable(readFileSync(path, 'utf8')).rows()].map((row) => row.cells)
  const order = orderIn(rows.map((row) => row[1] ?? ''))
  const hours = ['18:14:45', '06:14:45', '12:14:45', '14:14:45', '10:14:45', '12:14:45']
  const found = rows.map((row) => readMoment(row[1] ?? '', order, 0))
  rows
    .slice(0, 6)
    .forEach((_, i) => assert.deepEqual(found[i], { value: `2009-07-14T${hours[i] ?? ''}.000Z` }, rows[i]?.[1] ?? ''))
})
