// The guard rails said in facts about whoever asks: for random forbids, rows and people, row security lets through every row that no forbid
// closes, in PostgreSQL itself, and no other where facts and SQL say all there is to say.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import type { Predicate } from '#kernel'
import { catalogue } from '#testing'
import { policy, row, users } from '../../test/support/cedar.ts'
import { ask, asker, compileTexts, listOf, surroundings, userRows } from '../../test/support/differential.ts'
import { idOf } from '../../test/support/holds.ts'
import { withThings } from '../../test/support/things.ts'
import { factSettings, wallSql } from '../store/wall.ts'
import { EntityStore } from './entity.ts'
import { plan } from './predicate.ts'
import { fixedPolicies } from './shipped.ts'
import { RecordValue, Ref } from './value.ts'
import { railWalls, wallsOf } from './wall.ts'

const times = Number(process.env.HOLDFAST_FUZZ ?? '1')
const ids = Array.from({ length: 8 }, (_, i) => `00000000-0000-7000-8000-0000000000${String(60 + i)}`)
const nobody = {
  ...listOf(new Ref('User', ''), new RecordValue(new Map())),
  entities: new EntityStore([]),
  byFacts: true,
} as const

/** What the transaction of each user of the small world would say. */
const factsOfUser = (id: string) => {
  const at = users.indexOf(id)
  const role = userRows[at]?.role ?? ''
  return { active: at !== 1, roles: at === 0 ? [role, 'b'] : [role] }
}

test('[access-171] for random forbids the wall cuts no row that none of them closes, and lets no other through where it can say so', async () => {
  const seen = { closed: 0, open: 0, exact: 0, perhaps: 0 }
  await withThings([], userRows, async (things) => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(policy, { minLength: 4, maxLength: 4 }),
        fc.tuple(...ids.map(row)),
        asker,
        surroundings,
        async (texts, rows, principal, context) => {
          const compiled = compileTexts(texts)
          const notes = compiled.map(() => ({ perhaps: false }))
          const walls = compiled.map(({ policy: one }, i) => plan(one, nobody, notes[i] ?? { perhaps: false }).f)
          await things.refill(rows)
          await things.tell([['app.principal', principal.id], ...factSettings(factsOfUser(principal.id))])
          const open = await things.select(walls, sqlOf)
          for (const [i, { test: verdictOf }] of compiled.entries()) {
            const sayable = notes[i]?.perhaps === false
            seen[sayable ? 'exact' : 'perhaps']++
            for (const of of rows) {
              const verdict = verdictOf(ask(principal, context, of))
              const through = open[i]?.has(idOf(of)) === true
              if (verdict === false) assert.ok(through, 'a row that is not closed is cut')
              else if (sayable) assert.ok(!through, 'a row that is closed gets through')
              seen[through ? 'open' : 'closed']++
            }
          }
          await things.tell([['holdfast.active', '']])
          for (const none of await things.select(walls, sqlOf)) assert.equal(none.size, 0, 'a row without facts')
        },
      ),
      { numRuns: 60 * times },
    )
  })
  assert.ok(seen.closed > 100 && seen.open > 100 && seen.exact > 20 && seen.perhaps > 0, JSON.stringify(seen))
})

const sqlOf = (predicate: Predicate, alias: string) => ({ text: `(${wallSql(predicate, alias)})`, values: [] })

const own = (id: string, text: string) => ({ id, text: `@id("${id}")\n${text}` })
const wallOf = (table: string, ...texts: readonly string[]) =>
  wallsOf(catalogue, texts.map((text, i) => own(`own.${String(i)}`, text))).find((one) => one.table === table) // prettier-ignore

test('[access-170] every record type has a wall, made of the signed rails alone', () => {
  const walls = railWalls(catalogue)
  assert.deepEqual(
    walls.map(({ table }) => table),
    catalogue.types.map(({ table }) => table),
  )
  // Validated or not, they say the same; permits say nothing.
  assert.deepEqual(walls, wallsOf(catalogue, fixedPolicies()))
  assert.deepEqual(wallOf('account', 'permit (principal, action, resource);'), { table: 'account', read: yes, create: yes, change: yes }) // prettier-ignore
  for (const one of walls) for (const side of [one.read, one.create, one.change]) assert.notDeepEqual(side, yes)
  const said = JSON.stringify(walls.find(({ table }) => table === 'account')?.read, (_, value: unknown) =>
    typeof value === 'bigint' ? String(value) : value,
  )
  for (const word of ['"active"', '"clearance"', '"classification"', 'audit-administrator']) assert.ok(said.includes(word), word) // prettier-ignore
})

const yes: Predicate = { kind: 'true' }

test('[access-170] what a rail says of the surroundings, or only of some actions, closes no row; the rest does', () => {
  const some = wallOf('account', 'forbid (principal, action, resource) when { context.purpose == "" };')
  assert.deepEqual([some?.read, some?.change], [yes, yes])
  const reads = wallOf('account', 'forbid (principal, action in Action::"anyRead", resource) unless { principal.active };') // prettier-ignore
  assert.deepEqual([reads?.read, reads?.create, reads?.change], [yes, yes, yes])
  const writes = wallOf('account', 'forbid (principal, action in Action::"anyWrite", resource) when { resource.deleted };') // prettier-ignore
  assert.deepEqual(writes?.read, yes)
  assert.deepEqual(writes.change, { kind: 'null', column: 'deleted_at', negated: false })
  const all = wallOf('deal', 'forbid (principal in Role::"auditor", action, resource);')
  assert.deepEqual(all?.read, all?.create)
  assert.notDeepEqual(all?.read, yes)
  assert.deepEqual(wallOf('deal', 'forbid (principal, action, resource is Account);')?.read, yes)
  assert.deepEqual(wallOf('account', 'forbid (principal, action, resource is Account);')?.read, { kind: 'false' })
})
