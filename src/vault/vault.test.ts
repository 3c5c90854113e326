// The guarded path on a real database with real keys and the shipped policies.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { type Actor, Fault, type FaultCode } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let house: TestVault
before(async () => {
  house = await openTestVault()
})
after(() => house.close())

const refused = async (code: FaultCode, work: Promise<unknown>): Promise<void> => {
  await assert.rejects(work, (error: unknown) => error instanceof Fault && error.code === code)
}

const acts = async (who: Actor, act: string): Promise<number> =>
  house.store.transaction({ tenant: house.tenant, principal: who.principal.id }, async (tx) => {
    const [row] = await tx.query<{ n: bigint }>({
      text: 'select count(*) as n from journal.entry where act = $1 and actor = $2',
      values: [act, who.principal.id],
    })
    return Number(row?.n ?? 0n)
  })

const wei = {
  name: '张伟',
  mobile: '13800138001',
  email: 'Zhang.Wei@example.com',
  nationalId: '110101199003078515',
  notes: 'prefers 茶',
}

test('[vault-1] a representative sees own records alone; another one is told apart from a missing one by nothing', async () => {
  const made = await house.vault.create(house.ann, 'contact', { values: wei })
  assert.equal((await house.vault.get(house.ann, 'contact', made.id)).values['mobile'], '13800138001')
  await refused('not-found', house.vault.get(house.bob, 'contact', made.id))
  await refused('not-found', house.vault.get(house.bob, 'contact', '00000000-0000-7000-8000-0000000000ff'))
  await refused('not-found', house.vault.update(house.bob, 'contact', made.id, 1, { name: 'x' }))
  assert.equal((await house.vault.list(house.bob, 'contact', {})).items.length, 0)
  assert.equal((await house.vault.list(house.manager, 'contact', {})).items.length, 1)
  assert.equal((await house.vault.list(house.dan, 'contact', {})).items.length, 0)
  assert.ok((await acts(house.bob, 'denied')) >= 3)
})

test('[vault-2] nothing sealed is readable in the database', async () => {
  const [row] = await house.store.owner((tx) =>
    tx.query<{ row: string }>({ text: `select string_agg(c::text, '') as row from crm.contact c` }),
  )
  const text = row?.row ?? ''
  assert.ok(text.length > 100)
  for (const value of Object.values(wei)) {
    assert.ok(!text.includes(value))
    assert.ok(!text.includes(Buffer.from(value).toString('hex')))
  }
})

test('[vault-3] bad values are refused with the field and the reason; text comes back byte for byte', async () => {
  await refused('bad-value', house.vault.create(house.ann, 'contact', { values: { name: '' } }))
  await refused('bad-value', house.vault.create(house.ann, 'contact', { values: { name: 'a\0b' } }))
  await refused('bad-value', house.vault.create(house.ann, 'contact', { values: { name: 'a\ud800' } }))
  await refused('bad-value', house.vault.create(house.ann, 'contact', { values: { name: 'a', mobile: '138****8001' } }))
  await refused('bad-value', house.vault.create(house.ann, 'contact', { values: { name: 'a', unknown: 1 } }))
  await refused('bad-value', house.vault.create(house.ann, 'deal', { values: { name: 'a', stage: 'nonsense' } }))
  const odd = ' \u202eevil\u0301 \u200b𠮷 '
  const made = await house.vault.create(house.ann, 'contact', { values: { name: odd } })
  assert.equal((await house.vault.get(house.ann, 'contact', made.id)).values['name'], odd)
  await house.vault.remove(house.ann, 'contact', made.id, 1)
})

test('[vault-4] the history tells each change, in the groups one may see', async () => {
  const made = await house.vault.create(house.ann, 'account', {
    values: { name: '北京守望科技', phone: '010-65551234', grade: 'B' },
  })
  const second = await house.vault.update(house.ann, 'account', made.id, 1, { grade: 'A', phone: '010-65559999' })
  assert.equal(second.version, 2)
  await refused('conflict', house.vault.update(house.ann, 'account', made.id, 1, { grade: 'C' }))
  const history = await house.vault.history(house.ann, 'account', made.id)
  assert.deepEqual(
    history[0]?.changes.map((change) => [change.field, change.before, change.after]),
    [
      ['grade', 'B', 'A'],
      ['phone', '010-65551234', '010-65559999'],
    ],
  )
  await house.vault.share(house.ann, 'account', made.id, [house.dan.principal.id])
  const seen = await house.vault.history(house.dan, 'account', made.id)
  const phone = seen.flatMap((entry) => entry.changes).filter((change) => change.field === 'phone')
  assert.ok(phone.length > 0 && phone.every((change) => !JSON.stringify(change).includes('5559999')))
})

test('[vault-5] a shared record is masked in list, detail, titles and history alike', async () => {
  const made = await house.vault.create(house.ann, 'contact', { values: { ...wei, name: '李娜' } })
  await house.vault.share(house.ann, 'contact', made.id, [house.dan.principal.id])
  const detail = await house.vault.get(house.dan, 'contact', made.id)
  assert.equal(detail.values['mobile'], '138****8001')
  assert.equal(detail.values['email'], 'Z***@example.com')
  assert.equal(detail.groups.contact, 'masked')
  assert.equal(detail.groups.identity, 'hidden')
  assert.ok(!('nationalId' in detail.values))
  assert.ok(!('notes' in detail.values))
  const [listed] = (await house.vault.list(house.dan, 'contact', {})).items
  assert.deepEqual(listed?.values, detail.values)
  assert.deepEqual(await house.vault.titles(house.dan, 'contact', [made.id]), { [made.id]: '李娜' })
  await refused('denied', house.vault.unmask(house.because(house.dan, 'curious'), 'contact', made.id, 'contact'))
})

test('[vault-6] 张伟 is found by 张, 伟, zw, zhangwei; a phone by its tail, whole and with +86; an e-mail exactly', async () => {
  const find = async (text: string): Promise<readonly unknown[]> =>
    (await house.vault.list(house.ann, 'contact', { search: text })).items.map((item) => item.values['name'])
  for (const text of [
    '张',
    '伟',
    '张伟',
    'zw',
    'ZhangWei',
    'zhang wei',
    '+86 138 0013 8001',
    'zhang.wei@EXAMPLE.com',
    '110101199003078515',
  ]) {
    assert.ok((await find(text)).includes('张伟'), text)
  }
  assert.ok((await find('8001')).includes('张伟'))
  for (const text of ['王', 'wz', '8002', 'wei@example.com', '13800138002', '']) {
    if (text !== '') assert.ok(!(await find(text)).includes('张伟'), text)
  }
})

test('[vault-7] a hidden field can neither filter nor sort, and is journalled', async () => {
  const before = await acts(house.dan, 'denied')
  const inactive: Actor = { ...house.dan, principal: { ...house.dan.principal, active: false } }
  await refused('hidden-field', house.vault.list(inactive, 'contact', { sort: 'name' }))
  await refused(
    'hidden-field',
    house.vault.list(inactive, 'contact', { filters: [{ field: 'email', op: 'eq', value: 'a@b.c' }] }),
  )
  assert.ok((await acts(house.dan, 'denied')) > before)
  const oracle = await house.vault.list(house.dan, 'contact', {
    filters: [{ field: 'mobile', op: 'eq', value: '13800138001' }],
  })
  assert.equal(oracle.items.length, 0, 'a masked number cannot be guessed through a filter')
  assert.equal((await house.vault.list(house.dan, 'contact', { search: '8001' })).items.length, 0)
})

test('[vault-8] walking the pages gives every record once, for each sort, with and without values', async () => {
  const drafts = Array.from({ length: 137 }, (_, i) => ({
    values: { name: `Deal ${String(i)}`, stage: 'qualified', ...(i % 3 === 0 ? {} : { amount: (i % 7) * 100 }) },
  }))
  await house.vault.importBatch(house.cleo, 'deal', drafts)
  for (const sort of ['createdAt', 'updatedAt', 'amount', 'stage', 'name', 'owner', 'closeDate']) {
    for (const descending of [false, true]) {
      const seen: string[] = []
      let cursor: string | undefined
      do {
        const page = await house.vault.list(house.cleo, 'deal', {
          sort,
          descending,
          limit: 20,
          ...(cursor === undefined ? {} : { cursor }),
        })
        seen.push(...page.items.map((item) => item.id))
        cursor = page.next
      } while (cursor !== undefined)
      assert.equal(seen.length, 137, `${sort} ${String(descending)}`)
      assert.equal(new Set(seen).size, 137)
    }
  }
  assert.deepEqual(await house.vault.count(house.cleo, 'deal', {}, 100), { count: 100, capped: true })
  assert.deepEqual(await house.vault.count(house.cleo, 'deal', { search: 'Deal 13' }), { count: 8, capped: false })
})

test('[vault-7] sums per stage hold what the principal may see, and no field it may not', async () => {
  const amount = Array.from({ length: 137 }, (_, i) => (i % 3 === 0 ? 0 : (i % 7) * 100)).reduce((a, b) => a + b, 0)
  const sums = await house.vault.sums(house.cleo, 'deal', 'stage', 'amount')
  assert.deepEqual(
    sums.find(({ value }) => value === 'qualified'),
    { value: 'qualified', count: 137, sum: amount },
  )
  assert.deepEqual(await house.vault.sums(house.dan, 'deal', 'stage', 'amount'), [])
  await refused('bad-input', house.vault.sums(house.cleo, 'deal', 'stage', 'cost'))
})

test('[vault-9] an e-mail names one user', async () => {
  await refused(
    'already-exists',
    house.vault.create(house.admin, 'user', { values: { name: 'B', email: 'ANN@example.com', role: 'sales' } }),
  )
  const found = await house.opened.staff.findByEmail('Ann@Example.com')
  assert.equal(found?.id, house.ann.principal.id)
  await refused(
    'denied',
    house.vault.create(house.manager, 'user', { values: { name: 'B', email: 'b2@example.com', role: 'sales' } }),
  )
})

test('[vault-10] digests depend on content alone', async () => {
  const before = await house.vault.digest(house.tenant)
  assert.deepEqual(await house.vault.digest(house.tenant), before)
  await house.vault.create(house.ann, 'task', { values: { title: 'call back' } })
  const later = await house.vault.digest(house.tenant)
  assert.deepEqual(later['deal'], before['deal'])
  assert.notDeepEqual(later['task'], before['task'])
})

test('[vault-11] a second import of the same rows changes nothing; a bad row stops no other', async () => {
  const drafts = [
    { values: { name: 'One Ltd' }, importKey: 'x 1' },
    { values: { name: '' }, importKey: 'x 2' },
    { values: { name: 'Three Ltd', phone: '+442079460000' }, importKey: 'x 3' },
    { values: { name: 'Three Ltd' }, importKey: 'x 3' },
  ]
  const first = await house.vault.importBatch(house.ann, 'account', drafts)
  assert.deepEqual(
    first.map((one) => one.state),
    ['created', 'refused', 'created', 'unchanged'],
  )
  const second = await house.vault.importBatch(house.ann, 'account', drafts)
  assert.deepEqual(
    second.map((one) => one.state),
    ['unchanged', 'refused', 'unchanged', 'unchanged'],
  )
  const third = await house.vault.importBatch(house.ann, 'account', [
    { values: { name: 'One Limited' }, importKey: 'x 1' },
  ])
  assert.deepEqual(
    third.map((one) => one.state),
    ['updated'],
  )
  const foreign = await house.vault.importBatch(house.bob, 'account', [{ values: { name: 'Mine' }, importKey: 'x 1' }])
  assert.deepEqual(
    foreign.map((one) => one.state),
    ['refused'],
  )
})

test('[vault-12] a cell in another place does not open, and control CRY-06 sees it', async () => {
  const check = house.opened.checks[0]
  assert.ok(check)
  const context = { query: () => Promise.resolve([]), tenant: house.tenant, now: new Date() }
  assert.equal((await check.run(context)).state, 'pass')
  const a = await house.vault.create(house.ann, 'contact', { values: { name: 'Cell A', mobile: '+12025550101' } })
  await house.store.owner(async (tx) => {
    await tx.query({
      text: `select set_config('app.tenant', $1, true), set_config('app.principal', $1, true)`,
      values: [house.tenant],
    })
    await tx.query({
      text: `update crm.contact set owner_id = $2 where id = $1`,
      values: [a.id, house.bob.principal.id],
    })
  })
  await refused('cell-does-not-open', house.vault.get(house.bob, 'contact', a.id))
  assert.equal((await check.run(context)).state, 'fail')
  await house.store.owner(async (tx) => {
    await tx.query({
      text: `select set_config('app.tenant', $1, true), set_config('app.principal', $1, true)`,
      values: [house.tenant],
    })
    await tx.query({
      text: `update crm.contact set owner_id = $2 where id = $1`,
      values: [a.id, house.ann.principal.id],
    })
  })
  assert.equal((await house.vault.get(house.ann, 'contact', a.id)).values['name'], 'Cell A')
})

test('[vault-13] of twenty who claim at once one wins', async () => {
  const made = await house.vault.create(house.manager, 'account', {
    values: { name: 'Pool Ltd', phone: '+12025550102' },
    ownerId: null,
  })
  assert.equal((await house.vault.get(house.bob, 'account', made.id)).groups.contact, 'hidden')
  const claims = await Promise.allSettled(
    Array.from({ length: 20 }, (_, i) => house.vault.claim(i % 2 === 0 ? house.bob : house.cleo, 'account', made.id)),
  )
  assert.equal(claims.filter((claim) => claim.status === 'fulfilled').length, 1)
  const reasons = claims.flatMap((claim) =>
    claim.status === 'rejected' && claim.reason instanceof Fault ? [claim.reason.code] : [],
  )
  assert.ok(
    reasons.every((code) => code === 'taken' || code === 'not-found'),
    reasons.join(' '),
  )
})

test('[vault-7] an export needs the right and a purpose, and stands in the journal', async () => {
  const all = async (who: Actor): Promise<number> => {
    let n = 0
    for await (const page of house.vault.exportPages(who, 'contact', {})) n += page.length
    return n
  }
  await refused('denied', all(house.because(house.ann, 'report')))
  await refused('bad-input', all(house.manager))
  assert.ok((await all(house.because(house.manager, 'report'))) > 0)
  assert.equal((await house.vault.abilities(house.manager))['contact']?.export, true)
  assert.equal((await house.vault.abilities(house.ann))['contact']?.export, false)
  assert.equal(await acts(house.manager, 'export'), 1)
})
