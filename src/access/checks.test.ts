// The checks on the shipped policies and on planted faults, against a real database.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import test from 'node:test'
import { newId, services } from '#kernel'
import { catalogue, openTestDatabase } from '#testing'
import { accessChecks } from './checks.ts'
import { policyDigest, policySource, type PolicyText } from './official.ts'
import { shippedPolicies } from './shipped.ts'

test('[access-11] the checks say what is in force, and name a planted fault', async () => {
  const { store, tenant, scope, close } = await openTestDatabase()
  const shipped = shippedPolicies()
  const run = (control: string, policies: readonly PolicyText[] = shipped, digest = policyDigest(policies)) =>
    store.transaction(scope, async (tx) => {
      const check = accessChecks({ catalogue, running: () => ({ policies, digest }) }).find(
        (one) => one.control === control,
      )
      assert.ok(check)
      return check.run({
        tenant,
        now: new Date(),
        query: (text, values) => tx.query({ text, ...(values ? { values } : {}) }),
      })
    })
  const without = (id: string): readonly PolicyText[] => shipped.filter((policy) => policy.id !== id)

  assert.equal((await run('ACC-01')).state, 'fail')
  const source = policySource(shipped)
  await store.owner((tx) =>
    tx.query({
      text: 'insert into ops.policy_version (tenant_id, id, number, source, sha256, active, created_by) values ($1, $2, 1, $3, $4, true, $5)',
      values: [tenant, newId(), source, createHash('sha256').update(source).digest(), services.system],
    }),
  )
  assert.equal((await run('ACC-01')).state, 'pass')
  assert.deepEqual((await run('ACC-01', without('rail.inactive'))).observed.outside, ['running'])
  await store.owner((tx) => tx.query({ text: `update ops.policy_version set source = source || ' '` }))
  assert.deepEqual((await run('ACC-01')).observed.outside, ['text'])

  assert.equal((await run('ACC-05')).state, 'pass')
  const open = await run('ACC-05', without('rail.unmask-purpose'))
  assert.equal(open.state, 'fail')
  assert.ok(
    (open.observed.unmaskedByDefault as readonly string[]).includes('administrator unmask.contact account team'),
  )
  const unmask = (purpose: string) =>
    store.owner((tx) =>
      tx.query({
        text: `insert into journal.entry (tenant_id, at, act, actor, body) values ($1, now(), 'record.unmask', $2, $3)`,
        values: [tenant, services.system, Buffer.from(JSON.stringify({ purpose }))],
      }),
    )
  await unmask('a complaint')
  assert.equal((await run('ACC-05')).state, 'pass')
  const download = (unmasked: readonly string[], purpose: string) =>
    store.owner((tx) =>
      tx.query({
        text: `insert into journal.entry (tenant_id, at, act, actor, body) values ($1, now(), 'attachment.download', $2, $3)`,
        values: [tenant, services.system, Buffer.from(JSON.stringify({ purpose, detail: { unmasked } }))],
      }),
    )
  await download([], '')
  await download(['contact'], 'a complaint')
  assert.deepEqual(await run('ACC-05').then(({ state, observed }) => [state, observed.unmaskings]), ['pass', 2])
  await unmask(' ')
  assert.deepEqual(
    await run('ACC-05').then(({ state, observed }) => [state, observed.unmaskings, observed.withoutPurpose]),
    ['fail', 3, 1],
  )

  // Nobody holds the role that may do everything yet: the offices are apart.
  assert.deepEqual((await run('SOD-03')).state, 'pass')
  await store.owner((tx) =>
    tx.query({
      text: `insert into crm.app_user (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at, role, active, further_roles)
             values ($1, $2, 1, $2, $2, now(), $2, now(), 'sales', true, '{administrator}')`,
      values: [tenant, newId()],
    }),
  )
  const apart = await run('SOD-03')
  assert.deepEqual(
    [apart.state, apart.observed.journalAndCustomers, apart.observed.administrators],
    ['fail', ['administrator'], 1],
  )
  const curious = {
    id: 'curious',
    text: '@id("curious") permit (principal in Role::"auditor", action in [Action::"journal.view", Action::"journal.verify"], resource);',
  }
  const separate = without('administrator.all')
  assert.equal((await run('SOD-03', separate)).state, 'pass')
  assert.deepEqual((await run('SOD-03', [...separate, curious])).observed.journalAndCustomers, ['auditor'])
  assert.deepEqual((await run('SOD-03', without('rail.journal'))).observed.journalWriters, ['administrator'])
  await close()
})
