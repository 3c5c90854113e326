// The catalogue of controls holds its shape.
import assert from 'node:assert/strict'
import test from 'node:test'
import { controls, groups, millisecondsOf, severities } from './catalogue.ts'

test('[compliance-1] every control is whole, in both languages, with typed criteria', () => {
  assert.equal(controls.length, 79)
  assert.equal(new Set(controls.map((control) => control.id)).size, controls.length)
  assert.equal(controls.filter((control) => control.mode === 'auto').length, 66)
  const known = new Set(groups.map((group) => group.id))
  for (const control of controls) {
    assert.match(control.id, /^[A-Z]{3}-\d\d$/)
    assert.ok(known.has(control.group) && control.id.startsWith(control.group), control.id)
    for (const text of [control.title, control.requirement, control.remedy]) {
      assert.match(text.zh, /\p{Script=Han}/u, control.id)
      assert.match(text.en, /^[A-Z]/, control.id)
    }
    for (const text of [control.title, control.remedy]) assert.doesNotMatch(text.en, /\p{Script=Han}/u, control.id)
    assert.match(control.remedy.zh, /。$/)
    assert.match(control.remedy.en, /\.$/)
    assert.ok(control.title.zh.length <= 20 && control.title.en.length <= 48, control.id)
    assert.ok(severities.includes(control.severity))
    assert.ok(['auto', 'semi'].includes(control.mode))
    assert.ok(millisecondsOf(control.schedule) >= 300_000, control.id)
    assert.ok(control.criteria.length > 0)
    for (const { metric, op, threshold } of control.criteria) {
      assert.match(metric, /^[a-z][A-Za-z0-9]*(\.[a-z0-9][A-Za-z0-9]*)+$/, metric)
      assert.ok(['==', '<=', '<', '>='].includes(op))
      assert.ok(typeof threshold === 'number' || typeof threshold === 'boolean', metric)
    }
    assert.ok(Object.keys(control.maps).length > 0, control.id)
  }
})

test('[compliance-1] schedules are read as durations', () => {
  assert.deepEqual(['PT5M', 'PT1H', 'P1D', 'P30D', 'nonsense'].map(millisecondsOf), [
    300_000,
    3_600_000,
    86_400_000,
    30 * 86_400_000,
    0,
  ])
})
