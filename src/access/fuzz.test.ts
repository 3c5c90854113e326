// Random policies over random rows: the official engine, the closure, the row condition in memory and in PostgreSQL must agree.
// `npm run fuzz -- access --minutes N` runs the same for long; a difference is shrunk and printed with its seed.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { holds, policy, type Row, row, said, thingColumns } from '../../test/support/cedar.ts'
import {
  ask,
  asker,
  campaign,
  compileTexts,
  listOf,
  officially,
  planOf,
  surroundings,
  userRows,
  view,
} from '../../test/support/differential.ts'
import { cellValue } from './cell-value.ts'
import { allows, decide } from './engine.ts'
import { plan } from './predicate.ts'

const times = Number(process.env.HOLDFAST_FUZZ ?? '1')
const ids = Array.from({ length: 6 }, (_, i) => `00000000-0000-7000-8000-0000000000${String(50 + i)}`)
const rows = fc.tuple(...ids.map(row))
const some = fc.array(policy, { minLength: 1, maxLength: 4 })

test('[access-2] closure and official engine agree on random policies: decision, reasons, errors', () => {
  const seen = { allow: 0, deny: 0, errors: 0 }
  fc.assert(
    fc.property(some, rows, asker, surroundings, (texts, things, principal, context) => {
      const compiled = compileTexts(texts)
      const engine = officially(texts, principal, context)
      for (const of of things) {
        const question = ask(principal, context, of)
        const ours = decide(compiled, question, 'skip')
        assert.equal(said(ours.allow, ours.reasons, ours.errors), engine(of))
        assert.equal(allows(compiled, question, 'skip'), ours.allow)
        seen[ours.allow ? 'allow' : 'deny']++
        if (ours.errors.length > 0) seen.errors++
      }
    }),
    { numRuns: 400 * times },
  )
  const all = seen.allow + seen.deny
  assert.ok(seen.allow > all / 5 && seen.deny > all / 5 && seen.errors > all / 20, JSON.stringify(seen))
})

test('[access-7] a row condition selects what the closure allows, and its two sides are exact', () => {
  let exact = 0
  let runs = 0
  const tables = { thing_user: userRows }
  fc.assert(
    fc.property(some, rows, asker, surroundings, (texts, things, principal, context) => {
      const compiled = compileTexts(texts)
      const question = { ...listOf(principal, context), action: view }
      const { predicate, postFilter } = planOf(compiled, question)
      runs++
      if (!postFilter) exact++
      const sides = compiled.map(({ policy: one, test: verdictOf }) => {
        const notes = { perhaps: false }
        return { verdictOf, ...plan(one, question, notes), notes }
      })
      for (const of of things) {
        const asked = ask(principal, context, of)
        const allowed = allows(compiled, asked, 'deny')
        assert.equal(allowed, decide(compiled, asked, 'deny').allow)
        const unforbidden = compiled.filter(({ policy: one }) => one.effect === 'permit')
        assert.ok(!allowed || allows(unforbidden, asked, 'deny'), 'a forbid widened')
        const selected = holds(predicate, of, tables)
        if (postFilter) assert.ok(selected || !allowed, 'a row is missing')
        else assert.equal(selected, allowed)
        for (const { verdictOf, t, f, errs, notes } of sides) {
          const verdict = verdictOf(asked)
          const [yes, no] = [holds(t, of, tables), holds(f, of, tables)]
          if (notes.perhaps) assert.ok((yes || verdict !== true) && (no || verdict !== false), 'a side is too small')
          else assert.deepEqual([yes, no], [verdict === true, verdict === false])
          if (typeof verdict !== 'boolean') assert.ok(errs.has('*') || [...errs].some((cell) => lacks(of, cell)))
        }
      }
    }),
    { numRuns: 2000 * times },
  )
  assert.ok(exact > runs * 0.8, `${String(exact)} of ${String(runs)} exact`)
})

/** Whether a cell, or a member of a JSON cell, holds nothing of its type. */
const lacks = (of: Row, cell: string): boolean => {
  const [column = '', key] = cell.split('.')
  if (key === undefined) return of[column] === null
  const attribute = [...thingColumns.attributes.values()]
    .flatMap((one) => (one.kind === 'record' ? [...one.fields.values()] : [one]))
    .find((one) => one.kind === 'json' && one.column === column && one.key === key)
  return cellValue(attribute ?? { kind: 'json', column, key, type: 'long' }, of) === undefined
}

test('[access-142] official engine, closure and PostgreSQL name the same decision, reasons and errors', async () => {
  const tally = await campaign(20_261_126, ({ decisions }) => decisions >= 6000 * times)
  const { decisions, allow, errors, policies, valid, exact } = tally
  assert.ok(allow > decisions / 5 && errors > decisions / 20, JSON.stringify(tally))
  assert.ok(valid > policies / 5 && exact > 0, JSON.stringify(tally))
})
