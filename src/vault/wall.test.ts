// The second wall against the first, on the real PostgreSQL: row security made of the guard rails cuts no row that a policy allows, shows none
// that a rail closes, and nobody another tenant's. People, rows and policies are random; a failure prints the seed.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { newId, type Principal, type RecordType, services, typeOf, type Uuid } from '#kernel'
import {
  accessSchema,
  compilePolicies,
  contextOf,
  factsOf,
  fixedPolicies,
  organisation,
  type PolicySet,
  type PolicyText,
  recordColumns,
  rowEntity,
  shippedDocument,
  shippedPolicies,
  userRef,
  withPrincipal,
} from '#access'
import { codeOf, type Tx } from '#store'
import { catalogue, openTestDatabase, type TestDatabase } from '#testing'

let database: TestDatabase
before(async () => {
  database = await openTestDatabase()
})
after(() => database.close())

const seed = Number(process.env.HOLDFAST_FUZZ_SEED ?? '20261126')
const times = Number(process.env.HOLDFAST_FUZZ ?? '1')
const id = (n: number): Uuid => `00000000-0000-7000-8000-${n.toString().padStart(12, '0')}`
const [asker, mate, stranger, head, team, elsewhere] = [id(101), id(102), id(103), id(111), id(112), id(113)]
const roles = [...shippedDocument.roles.map(({ name }) => name), 'administrator', 'unknown-role']

type Row = Readonly<Record<string, unknown>> & { readonly id: Uuid }

/** A row of a type: what rails and policies look at is random, the rest is empty. */
const rowOf = (type: RecordType): fc.Arbitrary<Row> => {
  const has = (name: string): boolean => type.fields.some((field) => field.name === name && field.storage === 'plain')
  const common = {
    id: fc.uuid({ version: 7 }),
    owner_id: fc.constantFrom(null, asker, mate, stranger),
    team_id: fc.constantFrom(null, head, team, elsewhere),
    shared_with: fc.constantFrom([], [asker], [stranger, asker]),
    created_by: fc.constantFrom(asker, stranger),
    deleted_at: fc.constantFrom(null, null, new Date(0)),
  }
  return fc.record({
    ...common,
    ...(has('classification') ? { classification: fc.constantFrom(null, 0n, 1n, 2n, 3n) } : {}),
    ...(has('role') ? { role: fc.constantFrom('sales', 'manager'), active: fc.boolean() } : {}),
  })
}

const person = fc.record({
  role: fc.constantFrom(...roles),
  roles: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, fc.subarray(roles, { maxLength: 2 })),
  active: fc.oneof({ weight: 4, arbitrary: fc.constant(true) }, fc.constant(false)),
  clearance: fc.option(fc.constantFrom(0, 1, 2, 3), { nil: undefined }),
  team: fc.constantFrom(null, head, team),
})

const principalOf = ({ clearance, ...rest }: { readonly clearance: number | undefined } & Omit<Principal, 'kind' | 'tenant' | 'id' | 'clearance'>): Principal => ({
  kind: 'user',
  tenant: database.tenant,
  id: asker,
  ...rest,
  ...(clearance === undefined ? {} : { clearance }),
}) // prettier-ignore

/** Policies as a house could write them, beside the rails. */
const conditions = [
  'resource has owner && resource.owner == principal',
  'resource.sharedWith.contains(principal)',
  'resource.pool',
  '!resource.deleted',
  'principal has team && resource in principal.team',
  'principal has clearance && principal.clearance > 1',
  'context.purpose != ""',
  'resource has owner && resource.owner.role == "sales"',
]
const scopes = ['resource', 'resource is Account', 'resource is Deal', 'resource is User']
const actionScopes = [
  'action',
  'action in Action::"anyRead"',
  'action in Action::"anyWrite"',
  'action == Action::"list"',
]
const written = fc
  .record({
    effect: fc.constantFrom('permit', 'permit', 'forbid'),
    action: fc.constantFrom(...actionScopes),
    resource: fc.constantFrom(...scopes.slice(1)),
    condition: fc.constantFrom(...conditions),
    unless: fc.boolean(),
  })
  .map(
    ({ effect, action, resource, condition, unless }) =>
      `${effect} (principal, ${action === 'action' ? 'action in [Action::"anyRead", Action::"anyWrite"]' : action}, ${resource}) ${unless ? 'unless' : 'when'} { ${condition} };`,
  )
const everything = 'permit (principal, action, resource);'
const named = (texts: readonly string[]): readonly PolicyText[] =>
  texts.map((text, i) => ({ id: `own.${String(i)}`, text: `@id("own.${String(i)}")\n${text}` }))

const compile = (policies: readonly PolicyText[]): PolicySet => compilePolicies(accessSchema(catalogue), policies)

/** With every permit there could be, what is left is what no rail forbids. */
const boundless = compile([...fixedPolicies(), ...named([everything])])
const houses: readonly PolicySet[] = [
  boundless,
  compile(shippedPolicies()),
  ...fc
    .sample(fc.array(written, { minLength: 2, maxLength: 5 }), { seed, numRuns: 4 * times })
    .map((texts, i) => compile([...fixedPolicies(), ...named(i % 2 === 0 ? texts : [everything, ...texts])])),
]

const reading = boundless.actions.filter((action) => /^(list|history|export|(view|unmask)\.\w+)$/.test(action))
const writing = boundless.actions.filter((action) => /^(delete|recover|assign|claim|share|create|import|edit\.\w+)$/.test(action)) // prettier-ignore

const org = organisation(
  [asker, mate, stranger].map((one) => ({ id: one, role: 'sales', team, active: true })),
  [
    { id: head, parent: null },
    { id: team, parent: head },
    { id: elsewhere, parent: null },
  ],
)

/** Ids of the rows on which the policies allow at least one of some actions, with a purpose or without. */
const allowedBy = (
  set: PolicySet,
  principal: Principal,
  type: RecordType,
  rows: readonly Row[],
  actions: readonly string[],
): ReadonlySet<Uuid> => {
  const seen = withPrincipal(org, principal)
  const columns = recordColumns(catalogue, type.name)
  const surroundings = ['', 'audit'].map((purpose) =>
    contextOf({ now: new Date('2026-03-04T10:00:00Z'), channel: 'api', ip: '192.0.2.7', mfa: true, purpose }),
  )
  const open = rows.filter((row) => {
    const record = rowEntity(columns, { ...row, created_at: new Date(0), updated_at: new Date(0) })
    const entities = seen.with(record)
    return surroundings.some((context) =>
      actions.some((action) =>
        set.allows({ principal: userRef(principal.id), action, resource: record.ref, context, entities }),
      ),
    )
  })
  return new Set(open.map((row) => row.id))
}

const insertText = (type: RecordType, names: readonly string[]): string =>
  `insert into crm."${type.table}" (tenant_id, version, subject_id, created_at, updated_by, updated_at, ${names.map((name) => `"${name}"`).join(', ')})
   values ($1, 1, $2, now(), $2, now(), ${names.map((_, i) => `$${String(i + 3)}`).join(', ')})`

const insert = (tx: Tx, type: RecordType, tenant: Uuid, row: Row): Promise<unknown> =>
  tx.query({ text: insertText(type, Object.keys(row)), values: [tenant, row.id, ...Object.values(row)] })

const filled = async (tenants: readonly Uuid[]): Promise<ReadonlyMap<string, readonly Row[]>> => {
  const rows = new Map(
    catalogue.types.map((type) => [type.name, fc.sample(rowOf(type), { seed, numRuns: 40 })] as const),
  )
  await database.store.owner(async (tx) => {
    for (const type of catalogue.types) {
      await tx.query({ text: `delete from crm."${type.table}"` })
      for (const tenant of tenants) for (const row of rows.get(type.name) ?? []) await insert(tx, type, tenant, row)
    }
  })
  return rows
}

const asPerson = (principal: Principal) => ({
  tenant: principal.tenant,
  principal: principal.id,
  facts: factsOf(principal),
})

const seenIn = (principal: Principal, type: RecordType): Promise<readonly { id: Uuid; tenant_id: Uuid }[]> =>
  database.store.transaction(asPerson(principal), (tx) =>
    tx.query<{ id: Uuid; tenant_id: Uuid }>({ text: `select id, tenant_id from crm."${type.table}"` }),
  )

const back = new Error('roll back')

/** Ids of the rows that an UPDATE of all of them reaches; nothing stays changed. */
const changedIn = async (principal: Principal, type: RecordType): Promise<readonly Uuid[]> => {
  let ids: readonly Uuid[] = []
  await database.store
    .transaction(asPerson(principal), async (tx) => {
      const rows = await tx.query<{ id: Uuid }>({
        text: `update crm."${type.table}" set version = version + 1 returning id`,
      })
      ids = rows.map((row) => row.id)
      throw back
    })
    .catch((error: unknown) => {
      if (error !== back) throw error
    })
  return ids
}

test('[vault-230] row security cuts no row that the policies allow, and shows none that a guard rail closes or another tenant has', async () => {
  const other = newId()
  const rows = await filled([database.tenant, other])
  const seen = { people: 0, visible: 0, hidden: 0, allowed: 0, changed: 0 }
  await fc.assert(
    fc.asyncProperty(person, async (given) => {
      const principal = principalOf(given)
      seen.people++
      for (const type of catalogue.types) {
        const own = rows.get(type.name) ?? []
        const found = await seenIn(principal, type)
        assert.ok(found.every((row) => row.tenant_id === database.tenant), 'a row of another tenant') // prettier-ignore
        const visible = new Set(found.map((row) => row.id))
        const changed = new Set(await changedIn(principal, type))
        for (const set of houses) {
          const [read, write] = [reading, writing].map((actions) => allowedBy(set, principal, type, own, actions))
          assert.ok(read?.isSubsetOf(visible), `${type.name}: a row that may be read is cut`)
          assert.ok(write?.isSubsetOf(changed), `${type.name}: a row that may be changed is cut`)
          seen.allowed += read?.size ?? 0
        }
        // The shipped rails can be said in SQL wholly, so the wall lets through nothing else either.
        const rails = [...reading, ...writing]
        assert.deepEqual(visible, allowedBy(boundless, principal, type, own, rails), `${type.name}: a closed row`)
        assert.deepEqual(changed, allowedBy(boundless, principal, type, own, writing).intersection(visible), type.name)
        seen.visible += visible.size
        seen.hidden += own.length - visible.size
        seen.changed += changed.size
      }
    }),
    { seed, numRuns: 20 * times },
  )
  assert.ok(seen.visible > seen.people * 40 && seen.hidden > seen.people * 40 && seen.changed > 0 && seen.allowed > 0, JSON.stringify(seen)) // prettier-ignore
})

test('[vault-230] the same for new rows: what a policy lets come to be is taken, what a rail closes is refused by the database', async () => {
  await filled([])
  const outcome = { taken: 0, refused: 0 }
  const types = ['account', 'user', 'deal'].map((name) => typeOf(catalogue, name))
  await fc.assert(
    fc.asyncProperty(person, fc.tuple(...types.map(rowOf)), async (given, drafts) => {
      const principal = principalOf(given)
      for (const [i, type] of types.entries()) {
        const row = drafts[i]
        if (!row) continue
        const may = allowedBy(boundless, principal, type, [row], ['create', 'import']).has(row.id)
        const put = (tenant: Uuid): Promise<string> =>
          database.store
            .transaction(asPerson(principal), async (tx) => {
              await insert(tx, type, tenant, row)
              throw back
            })
            .then(String, (error: unknown) => (error === back ? 'taken' : codeOf(error)))
        const said = await put(database.tenant)
        assert.equal(said, may ? 'taken' : '42501')
        assert.equal(await put(newId()), '42501')
        outcome[may ? 'taken' : 'refused']++
      }
    }),
    { seed, numRuns: 40 * times },
  )
  assert.ok(outcome.taken > 10 && outcome.refused > 10, JSON.stringify(outcome))
})

test('[vault-231] a person without facts meets no record, whatever SQL runs, and facts end with their transaction', async () => {
  await filled([database.tenant])
  const { store, tenant } = database
  const nobody = { tenant, principal: asker }
  const director = principalOf({ role: 'director', active: true, team: null, clearance: 3 })
  for (const type of catalogue.types) {
    const count = async (scope: Parameters<typeof store.transaction>[0], set = ''): Promise<number> =>
      store.transaction(scope, async (tx) => {
        if (set !== '') await tx.query({ text: set })
        const [row] = await tx.query<{ n: number }>({ text: `select count(*)::int as n from crm."${type.table}"` })
        return row?.n ?? -1
      })
    assert.equal(await count(nobody), 0)
    assert.equal(await count(asPerson(director)), 40)
    // Any connection of the pool may have had facts before.
    for (let i = 0; i < 20; i++) assert.equal(await count(nobody), 0)
    // Half of the facts is none.
    assert.equal(await count(nobody, `select set_config('holdfast.active', 'true', true)`), 0)
    assert.equal(await count(nobody, `select set_config('holdfast.roles', '{director}', true)`), 0)
    assert.equal(await count(asPerson(director), `select set_config('holdfast.active', '', true)`), 0)
    assert.equal(await count(asPerson(director), `select set_config('app.tenant', '${newId()}', true)`), 0)
    const [row] = fc.sample(rowOf(type), 1)
    assert.ok(row)
    await assert.rejects(
      store.transaction(nobody, (tx) => insert(tx, type, tenant, row)),
      (error) => codeOf(error) === '42501',
    )
  }
})

test('[vault-232] the house’s own work meets the tenant whole, by a role that is a person’s in no transaction', async () => {
  await filled([database.tenant, newId()])
  const { store, tenant } = database
  const type = typeOf(catalogue, 'account')
  const look = (tx: Tx) =>
    tx.query<{ role: string; n: number }>({
      text: `select current_user as role, (select count(*)::int from crm."${type.table}") as n`,
    })
  const of = async (scope: Parameters<typeof store.transaction>[0]): Promise<readonly [string, number]> => {
    const [row] = await store.transaction(scope, look)
    return [row?.role ?? '', row?.n ?? -1]
  }
  const [app] = await of({ tenant, principal: asker })
  for (const principal of Object.values(services))
    assert.deepEqual(await of({ tenant, principal }), [`${app}_jobs`, 40])
  assert.deepEqual(await of({ tenant, principal: asker, house: true }), [`${app}_jobs`, 40])
  // A service that was given facts is a person like any other.
  const clerk = { ...factsOf({ role: 'sales', active: true }), clearance: 3 }
  assert.deepEqual(await of({ tenant, principal: services.system, facts: clerk }), [app, 40])
  assert.deepEqual(await of({ tenant, principal: asker, house: true, facts: { active: false, roles: [] } }), [app, 0])
  // Past the rails for one look-up, and back behind them.
  await store.transaction({ tenant, principal: asker }, async (tx) => {
    assert.equal((await tx.asHouse(() => look(tx)))[0]?.n, 40)
    assert.equal((await look(tx))[0]?.n, 0)
    await assert.rejects(
      tx.asHouse(() => Promise.reject(back)),
      back,
    )
    assert.deepEqual(await look(tx), [{ role: app, n: 0 }])
  })
})
