import assert from 'node:assert/strict'
import { test } from 'node:test'
import { catalogue, customerTypes } from './catalogue.ts'

// Shipped ids: blind indexes are keyed by them. A name may change, a pair may be added, none may move.
const shipped =
  'account 101-121 contact 201-220 lead 301-317 deal 401-414 followup 501-510 task 601-610 user 801-810 team 901-903'

test('[crm-1] field ids are unique and those shipped are still there', () => {
  const ids = catalogue.types.flatMap((type) => type.fields.map((field) => field.id))
  assert.equal(new Set(ids).size, ids.length)
  assert.ok(ids.every((id) => Number.isInteger(id) && id > 0))
  const ranges = shipped.match(/\w+ \d+-\d+/g) ?? []
  for (const range of ranges) {
    const [name, from, to] = range.split(/[ -]/)
    const there = new Set(catalogue.types.find((type) => type.name === name)?.fields.map((field) => field.id))
    for (let id = Number(from); id <= Number(to); id++) assert.ok(there.has(id), `${String(name)} ${String(id)}`)
  }
})

test('[crm-1] every type has its title among its fields, and links lead to types', () => {
  for (const type of catalogue.types) {
    assert.ok(type.fields.some((field) => field.name === type.title))
    for (const field of type.fields)
      if (field.kind === 'link') assert.ok(catalogue.types.some((one) => one.name === field.to))
  }
  assert.ok(customerTypes.every((name) => catalogue.types.some((type) => type.name === name)))
})
