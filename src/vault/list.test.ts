// Pages merged from the alternatives of a policy: the same rows as one walk through everything, each once, for whoever asks.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { shippedPolicies, splitPolicies } from '#access'
import { type Actor, newId, systemClock, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { createVault } from './create.ts'
import type { Seen, Vault } from './vault.ts'

let house: TestVault
/** Under one more policy, which no index serves: it lets everyone list what is of grade A. */
let wider: Vault
const made: Seen[] = []

before(async () => {
  house = await openTestVault()
  const { store, journal, keys, tenant, vault } = house
  const more = splitPolicies(
    `@id("test.grade") permit (principal, action in [Action::"list", Action::"view.basic"], resource is Account)
     when { resource has employees && resource.employees == 7 };`,
  )
  const policies = [...shippedPolicies(), ...more]
  const opened = await createVault({
    store,
    journal,
    keys,
    catalogue: vault.catalogue,
    clock: systemClock,
    tenant,
    policies,
  })
  wider = opened.vault
  const owners = [house.ann, house.bob, house.cleo, house.dan]
  for (let i = 0; i < 60; i++) {
    const owner = owners[i % 4] ?? house.ann
    const account = await vault.create(owner, 'account', {
      values: { name: `客户 ${String(i)}`, grade: ['A', 'B', 'C'][i % 3] ?? 'A', employees: i % 5 === 0 ? 7 : 8 },
      // Many at one moment, so that the order falls back on the id.
      createdAt: new Date(Date.UTC(2026, 0, 1 + Math.floor(i / 20))).toISOString(),
    })
    if (i % 7 === 0) {
      // Ann in each of the places that have an index of their own, and behind them; Dan always; bystanders who left do no harm.
      const people = [house.dan.principal.id, house.cleo.principal.id, house.bob.principal.id]
      people.splice((i / 7) % 4, 0, house.ann.principal.id)
      if (i % 3 === 0) people.splice(((i / 7) % 4) + 1)
      made.push(await vault.share(owner, 'account', account.id, people))
    } else if (i % 11 === 0) made.push(await vault.assign(house.admin, 'account', account.id, null))
    else made.push(account)
  }
})
after(() => house.close())

const everyone = (): readonly (readonly [string, Actor])[] => [
  ['admin', house.admin],
  ['manager', house.manager],
  ['ann', house.ann],
  ['bob', house.bob],
  ['cleo', house.cleo],
  ['dan', house.dan],
]

/** What the closure lets somebody see, one record at a time. */
const oneByOne = async (vault: Vault, who: Actor): Promise<readonly Uuid[]> => {
  const seen: Uuid[] = []
  for (const { id } of made)
    if (await vault.get(who, 'account', id).then(
        () => true,
        () => false,
      )) seen.push(id) // prettier-ignore
  return seen.toSorted()
}

const walk = async (vault: Vault, who: Actor, limit: number, sort?: string): Promise<readonly Uuid[]> => {
  const ids: Uuid[] = []
  let cursor: string | undefined
  do {
    const page = await vault.list(who, 'account', {
      limit,
      ...(sort === undefined ? {} : { sort }),
      ...(cursor === undefined ? {} : { cursor }),
    })
    ids.push(...page.items.map(({ id }) => id))
    cursor = page.next
  } while (cursor !== undefined)
  return ids
}

test('[vault-130] merged pages give every visible record once, in order, whatever makes it visible', async () => {
  for (const vault of [house.vault, wider]) {
    for (const [name, who] of everyone()) {
      const expected = await oneByOne(vault, who)
      assert.ok(expected.length > 0, name)
      for (const limit of [1, 7, 50]) {
        const ids = await walk(vault, who, limit)
        assert.deepEqual(ids.toSorted(), expected, `${name}, pages of ${String(limit)}`)
      }
      for (const sort of ['updatedAt', 'owner', 'grade'])
        assert.deepEqual((await walk(vault, who, 9, sort)).toSorted(), expected, `${name} by ${sort}`)
      const { items } = await vault.list(who, 'account', { limit: 200 })
      const order = items.map(({ createdAt, id }) => `${createdAt} ${id}`)
      assert.deepEqual(order, order.toSorted().toReversed())
    }
  }
})

test('[vault-130] a count over alternatives counts a record once, and stops at its cap', async () => {
  for (const vault of [house.vault, wider])
    for (const [, who] of everyone()) {
      const visible = await oneByOne(vault, who)
      assert.deepEqual(await vault.count(who, 'account', {}), { count: visible.length, capped: false })
      const graded = made.filter(({ id, values }) => visible.includes(id) && values['grade'] === 'B').length
      const filters = [{ field: 'grade', op: 'eq', value: 'B' }] as const
      assert.deepEqual(await vault.count(who, 'account', { filters }), { count: graded, capped: false })
      assert.deepEqual(await vault.count(who, 'account', {}, 3), { count: 3, capped: true })
    }
})

test('[vault-130] what is shared is told to the asking tenant alone', async () => {
  const shared = (tenant: Uuid): Promise<readonly object[]> =>
    house.store.transaction({ tenant, principal: house.ann.principal.id }, (tx) =>
      tx.query({ text: 'select crm.shared_with_account($1)', values: [house.ann.principal.id] }),
    )
  assert.ok((await shared(house.tenant)).length > 3)
  assert.equal((await shared(newId())).length, 0)
})

test('[vault-130] what is shared is found in the order of creation by an index, for each of the first places', async () => {
  // A table this small would be read to its end.
  const plan = await house.store.transaction(
    { tenant: house.tenant, principal: house.ann.principal.id, facts: { active: true, roles: ['sales'] } },
    async (tx) => {
      await tx.query({ text: 'set local enable_seqscan = off' })
      const plans: string[] = []
      for (const place of [1, 2, 3]) {
        const rows = await tx.query<{ 'QUERY PLAN': string }>({
          text: `explain select id from crm.account r where tenant_id = '${house.tenant}' and shared_with[${String(place)}] = '${house.ann.principal.id}'
                 order by created_at desc, id desc limit 5`,
        })
        plans.push(rows.map((row) => row['QUERY PLAN']).join('\n'))
      }
      return plans
    },
  )
  for (const [i, text] of plan.entries()) {
    assert.match(text, new RegExp(`Index.* account_by_share_${String(i + 1)}`))
    assert.doesNotMatch(text, /Sort/)
  }
})
