import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isUuid, typeOf } from '#kernel'
import { checkValue } from '#vault'
import { catalogue } from '../catalogue.ts'
import { demoPlan } from './plan.ts'

const now = new Date('2026-06-15T08:00:00Z')

test('[crm-20] the same seed gives the same plan, another seed another', () => {
  const small = { accounts: 30, contacts: 60, leads: 10, deals: 20, followups: 40, tasks: 10 }
  assert.deepEqual(demoPlan(7, now, small), demoPlan(7, now, small))
  assert.notDeepEqual(demoPlan(7, now, small), demoPlan(8, now, small))
})

test('[crm-20] three teams under one head office, twelve people, thousands of customers over a year', () => {
  const plan = demoPlan(1, now)
  assert.equal(plan.teams.length, 4)
  assert.equal(plan.users.length, 12)
  assert.ok(plan.accounts.length >= 2000 && plan.contacts.length >= 5000)
  assert.ok(plan.accounts.some((one) => one.ownerId === null) && plan.accounts.some((one) => one.sharedWith))
  const countries = new Set(plan.accounts.map((one) => one.values['country']))
  assert.ok(countries.has('中国') && countries.size > 3)
  const moments = plan.followups.map((one) => String(one.values['at'])).toSorted()
  assert.ok(Date.parse(moments.at(-1) ?? '') <= now.getTime())
  assert.ok(Date.parse(moments[0] ?? '') < now.getTime() - 200 * 86_400_000)
})

test('[crm-20] every value holds against the catalogue, ids are unique, nobody is reachable', () => {
  const plan = demoPlan(2, now)
  const all = [
    ['team', plan.teams],
    ['user', plan.users],
    ['account', plan.accounts],
    ['contact', plan.contacts],
    ['lead', plan.leads],
    ['deal', plan.deals],
    ['followup', plan.followups],
    ['task', plan.tasks],
  ] as const
  const ids = new Set<string>()
  for (const [name, records] of all) {
    for (const record of records) {
      assert.ok(isUuid(record.id) && !ids.has(record.id))
      ids.add(record.id)
      for (const field of typeOf(catalogue, name).fields) {
        const checked = checkValue(field, record.values[field.name])
        assert.ok('value' in checked, `${name} ${field.name}`)
      }
    }
  }
  for (const { values } of [...plan.accounts, ...plan.contacts, ...plan.leads]) {
    assert.match(String(values['email']), /@example\.com$/)
    for (const name of ['mobile', 'phone']) {
      if (typeof values[name] === 'string') assert.match(values[name], /^1380013\d{4}$|^010-5550\d{4}$|555 01\d\d$/)
    }
  }
})
