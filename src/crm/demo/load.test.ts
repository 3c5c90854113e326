import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Actor } from '#kernel'
import { openTestVault } from '../../../test/support/vault.ts'
import { loadDemo } from './load.ts'
import { demoPlan } from './plan.ts'

test('[crm-20] the plan is written through the vault: owners see their own, the pool and what is shared', async () => {
  const house = await openTestVault()
  try {
    const { vault, tenant } = house
    const plan = demoPlan(3, house.admin.env.now, {
      accounts: 300,
      contacts: 500,
      leads: 60,
      deals: 100,
      followups: 300,
      tasks: 50,
    })
    const actorFor = (id: string): Actor => {
      const user = plan.users.find((one) => one.id === id)
      assert.ok(user)
      return {
        principal: {
          kind: 'user',
          tenant,
          id,
          role: user.values.role,
          active: true,
          team: String(user.values['unit']),
        },
        env: house.admin.env,
      }
    }
    let last = 0
    const loaded = await loadDemo(vault, house.system, plan, { actorFor, onProgress: (_, done) => void (last = done) })
    assert.equal(loaded.users.length, 12)
    assert.equal(last, 1)
    const count = async (actor: Actor, type: string): Promise<number> =>
      (await vault.count(actor, type, {}, 5000)).count
    for (const [type, records] of Object.entries({
      account: plan.accounts,
      contact: plan.contacts,
      lead: plan.leads,
      deal: plan.deals,
      followup: plan.followups,
      task: plan.tasks,
    })) {
      assert.equal(await count(house.admin, type), records.length, type)
    }
    const seller = plan.users.find((user) => user.values.role === 'sales')
    assert.ok(seller)
    const visible = plan.accounts.filter(
      (one) => one.ownerId === seller.id || one.ownerId === null || one.sharedWith?.includes(seller.id),
    )
    assert.equal(await count(actorFor(seller.id), 'account'), visible.length)
    assert.ok(plan.accounts.some((one) => one.sharedWith))
  } finally {
    await house.close()
  }
})
