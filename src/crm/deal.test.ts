import assert from 'node:assert/strict'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { openTestVault } from '../../test/support/vault.ts'
import { recordFollowup } from './followup.ts'
import { convertLead } from './lead.ts'
import { moveDeal } from './pipeline.ts'
import { claimRecord, releaseRecord } from './pool.ts'

test('[crm-16] a deal moves; lost needs a reason, won makes a customer, opening again forgets', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann } = house
    const account = await vault.create(ann, 'account', { values: { name: 'A' } })
    const made = await vault.create(ann, 'deal', { values: { name: 'D', account: account.id, stage: 'prospecting' } })
    const qualified = await moveDeal(vault, ann, made.id, { stage: 'qualified', version: made.version })
    assert.equal(qualified.values['stage'], 'qualified')
    await assert.rejects(
      moveDeal(vault, ann, made.id, { stage: 'lost', version: qualified.version, reason: ' ' }),
      (error) => isFault(error, 'bad-value'),
    )
    await assert.rejects(moveDeal(vault, ann, made.id, { stage: 'nowhere', version: qualified.version }), (error) =>
      isFault(error, 'bad-value'),
    )
    await assert.rejects(moveDeal(vault, ann, made.id, { stage: 'won', version: made.version }), (error) =>
      isFault(error, 'conflict'),
    )
    const lost = await moveDeal(vault, ann, made.id, { stage: 'lost', version: qualified.version, reason: 'price' })
    assert.deepEqual(
      [lost.values['lostReason'], lost.values['closeDate']],
      ['price', ann.env.now.toISOString().slice(0, 10)],
    )
    const open = await moveDeal(vault, ann, made.id, { stage: 'proposal', version: lost.version })
    assert.equal(open.values['lostReason'] ?? null, null)
    const won = await moveDeal(vault, ann, made.id, { stage: 'won', version: open.version, closeDate: '2026-01-05' })
    assert.equal(won.values['closeDate'], '2026-01-05')
    assert.equal((await vault.get(ann, 'account', account.id)).values['status'], 'won')
    const second = await vault.create(ann, 'deal', { values: { name: 'E', account: account.id, stage: 'proposal' } })
    await moveDeal(vault, ann, second.id, { stage: 'won', version: second.version })
    assert.equal((await vault.get(ann, 'account', account.id)).values['status'], 'repeat')
  } finally {
    await house.close()
  }
})

test('[crm-17] released with a reason, claimed by one, within the limit', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann, bob } = house
    const account = await vault.create(ann, 'account', { values: { name: 'A' } })
    await assert.rejects(releaseRecord(vault, ann, 'account', account.id, '  '), (error) => isFault(error, 'bad-value'))
    await assert.rejects(releaseRecord(vault, bob, 'account', account.id, 'not mine'), (error) => isFault(error))
    await releaseRecord(vault, ann, 'account', account.id, 'no answer for months')
    await assert.rejects(claimRecord(vault, bob, 'account', account.id, 0), (error) => isFault(error, 'bad-input'))
    const claimed = await Promise.allSettled(
      [bob, house.cleo, house.dan].map((actor) => claimRecord(vault, actor, 'account', account.id)),
    )
    assert.equal(claimed.filter((one) => one.status === 'fulfilled').length, 1)
    const deal = await vault.create(ann, 'deal', { values: { name: 'D', stage: 'won' } })
    await assert.rejects(releaseRecord(vault, ann, 'deal', deal.id, 'why'), (error) => isFault(error, 'bad-input'))
  } finally {
    await house.close()
  }
})

test('[crm-18] a lead becomes account, contact and deal once, and keeps its story', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann } = house
    const lead = await vault.create(ann, 'lead', {
      values: {
        name: '张伟',
        company: '甲公司',
        mobile: '13800130001',
        source: 'exhibition',
        industry: 'IT',
        status: 'qualified',
        notes: 'n',
      },
    })
    const talk = await vault.create(ann, 'followup', {
      values: { kind: 'call', at: '2026-01-02T03:04:05.000Z', summary: 'first call', lead: lead.id },
    })
    const done = await convertLead(vault, ann, lead.id, { deal: { name: 'First order', amount: 5000 } })
    assert.deepEqual([done.account.values['name'], done.account.values['industry']], ['甲公司', 'IT'])
    assert.deepEqual([done.contact.values['mobile'], done.contact.values['account']], ['13800130001', done.account.id])
    assert.deepEqual(
      [done.deal?.values['account'], done.deal?.values['contact'], done.deal?.values['amount']],
      [done.account.id, done.contact.id, 5000],
    )
    assert.deepEqual([done.lead.values['status'], done.lead.values['account']], ['converted', done.account.id])
    const linked = await vault.get(ann, 'followup', talk.id)
    assert.deepEqual(
      [linked.values['lead'], linked.values['account'], linked.values['contact']],
      [lead.id, done.account.id, done.contact.id],
    )
    await assert.rejects(convertLead(vault, ann, lead.id), (error) => isFault(error, 'already-exists'))
    const other = await vault.create(ann, 'lead', { values: { name: '李娜', company: ' 甲公司', status: 'new' } })
    const second = await convertLead(vault, ann, other.id)
    assert.equal(second.account.id, done.account.id)
    assert.equal(second.deal, null)
    await assert.rejects(convertLead(vault, house.bob, lead.id), (error) => isFault(error, 'not-found'))
  } finally {
    await house.close()
  }
})

test('[crm-106] the contact stays linked to its lead, and so does an account that is the person itself', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann } = house
    const lead = async (values: Record<string, string>): Promise<string> =>
      (await vault.create(ann, 'lead', { values })).id
    const linked = async (id: string, wish = {}): Promise<readonly unknown[]> => {
      const { contact, account } = await convertLead(vault, ann, id, wish)
      return [contact.values['lead'], account.values['lead']]
    }
    const firm = await lead({ name: '张伟', company: '甲公司' })
    assert.deepEqual(await linked(firm), [firm, null])
    const person = await lead({ name: '王芳' })
    assert.deepEqual(await linked(person), [person, person])
    const named = await lead({ name: '李娜' })
    assert.deepEqual(await linked(named, { accountName: '乙公司' }), [named, null])
    const account = await vault.create(ann, 'account', { values: { name: '丙公司' } })
    const into = await lead({ name: '赵云' })
    assert.deepEqual(await linked(into, { accountId: account.id }), [into, null])
  } finally {
    await house.close()
  }
})

test('[crm-19] a follow-up moves the last follow-up of its account forward, never back', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann } = house
    const account = await vault.create(ann, 'account', { values: { name: 'A' } })
    const contact = await vault.create(ann, 'contact', { values: { name: 'C', account: account.id } })
    const last = async (): Promise<unknown> => (await vault.get(ann, 'account', account.id)).values['lastFollowup']
    const made = await recordFollowup(vault, ann, {
      kind: 'call',
      at: '2026-01-02T03:04:05.000Z',
      summary: 's',
      contact: contact.id,
    })
    assert.equal(made.values['account'], account.id)
    assert.equal(await last(), '2026-01-02T03:04:05.000Z')
    await recordFollowup(vault, ann, {
      kind: 'call',
      at: '2025-01-02T03:04:05.000Z',
      summary: 's',
      account: account.id,
    })
    assert.equal(await last(), '2026-01-02T03:04:05.000Z')
    await recordFollowup(vault, ann, {
      kind: 'call',
      at: new Date(ann.env.now.getTime() + 1e9).toISOString(),
      summary: 'planned',
      account: account.id,
    })
    assert.equal(await last(), '2026-01-02T03:04:05.000Z')
  } finally {
    await house.close()
  }
})

test('[crm-107] leads converted into an account that is the person already say so, each of them, whoever owns the account', async () => {
  const house = await openTestVault()
  try {
    const { vault, ann, manager } = house
    const lead = async (name: string, company?: string, reach: Record<string, string> = {}): Promise<string> =>
      (await vault.create(ann, 'lead', { values: { name, ...reach, ...(company === undefined ? {} : { company }) } }))
        .id
    const person = async (id: string, wish = {}): Promise<readonly unknown[]> => {
      const { lead: after, account } = await convertLead(vault, ann, id, wish)
      return [after.values['person'] ?? null, account.id, account.values['lead'] ?? null]
    }
    const first = await lead('王芳')
    const [of, account, made] = await person(first)
    assert.deepEqual([of, made], [account, first])
    // Found by its name alone: it may be somebody else of that name. The link that the account has already stays.
    assert.deepEqual(await person(await lead(' 王芳 ')), [null, account, first])
    const { version } = await vault.get(ann, 'account', String(account))
    await vault.update(ann, 'account', String(account), version, { phone: '13800138001', email: 'fang@example.com' })
    assert.deepEqual(await person(await lead('王芳', undefined, { mobile: '13800138002' })), [null, account, first])
    // Where the number or the address is the same too, and where somebody named the account.
    for (const reach of [{ mobile: '+86 138-0013-8001' }, { email: 'FANG@example.com' }])
      assert.deepEqual(await person(await lead('王芳', undefined, reach)), [account, account, first])
    assert.deepEqual(await person(await lead('王芳', '甲公司'), { accountId: account }), [account, account, first])
    // A firm is nobody, though the lead has no company or the same account name was asked for.
    const firm = await vault.create(ann, 'account', { values: { name: '丙公司' } })
    assert.deepEqual(await person(await lead('赵云'), { accountId: firm.id }), [null, firm.id, null])
    assert.deepEqual(await person(await lead('钱昱', '丙公司')), [null, firm.id, null])
    // An account that the one who converts may see and not change.
    const foreign = await vault.create(manager, 'account', { values: { name: '周瑜' } })
    await vault.share(manager, 'account', foreign.id, [ann.principal.id])
    assert.deepEqual(await person(await lead('周瑜'), { accountId: foreign.id }), [foreign.id, foreign.id, null])
  } finally {
    await house.close()
  }
})
