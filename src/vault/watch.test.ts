// Canaries, reading faster than a person reads, exports over the limit, and files that lead back to who took them out.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { createImport, exportCsv } from '#crm'
import { type Actor, concat, fromUtf8, isFault, type Uuid } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'

let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault())
after(async () => {
  if (opened) await (await opened).close()
})

const account = async ({ vault }: TestVault, actor: Actor, name: string): Promise<Uuid> =>
  (await vault.create(actor, 'account', { values: { name } })).id

const kinds = async (house: TestVault, user: Actor): Promise<readonly string[]> => {
  await house.opened.flushWatch()
  return (await house.opened.alarms.list()).filter((one) => one.userId === user.principal.id).map(({ kind }) => kind)
}

const exported = async (house: TestVault, actor: Actor): Promise<Uint8Array> =>
  concat(...(await Array.fromAsync(exportCsv(house.vault, house.because(actor, 'mailing'), 'account'))))

const limits = async (house: TestVault, reading: object, exporting: object): Promise<void> => {
  const now = await house.opened.alarms.limits()
  await house.opened.alarms.setLimits(house.admin, {
    reading: { ...now.reading, ...reading },
    exporting: { ...now.exporting, ...exporting },
  })
}

test('[vault-192] whoever opens, reveals or exports a canary raises an alarm; others do not, and the record looks like any other', async () => {
  const house = await world()
  const canary = await account(house, house.cleo, 'Nobody Ltd')
  const plain = await account(house, house.cleo, 'Somebody Ltd')
  const before = await house.vault.get(house.system, 'account', canary)
  await house.opened.alarms.mark(house.admin, 'account', canary, 'bait')
  assert.deepEqual(await house.vault.get(house.system, 'account', canary), before)
  await assert.rejects(house.opened.alarms.mark(house.admin, 'account', house.tenant, 'x'), (error) =>
    isFault(error, 'not-found'),
  )
  await house.vault.get(house.cleo, 'account', plain)
  await house.vault.list(house.cleo, 'account', {})
  assert.deepEqual(await kinds(house, house.cleo), [])
  await house.vault.get(house.cleo, 'account', canary)
  assert.deepEqual(await kinds(house, house.cleo), ['canary'])
  await exported(house, house.manager)
  assert.deepEqual(await kinds(house, house.manager), ['canary'])
  const [alarm] = (await house.opened.alarms.list()).filter((one) => one.userId === house.manager.principal.id)
  assert.deepEqual([alarm?.type, alarm?.recordId], ['account', canary])
  assert.equal((alarm?.detail as { act: string }).act, 'export')
  // Settled once, and never by the one it is about.
  const id = alarm?.id ?? ''
  await assert.rejects(house.opened.alarms.settle(house.manager, id, 'was me'), (error) => isFault(error, 'denied'))
  await house.opened.alarms.settle(house.admin, id, 'asked')
  await assert.rejects(house.opened.alarms.settle(house.admin, id, 'again'), (error) => isFault(error, 'not-found'))
  await house.opened.alarms.unmark(house.admin, 'account', canary)
})

test('[vault-193] more records in a minute than a person reads raise one alarm, and end the sessions where the setting says so', async () => {
  const house = await world()
  const ended: Uuid[] = []
  house.opened.onExcess((user) => {
    ended.push(user)
    return Promise.resolve()
  })
  const id = await account(house, house.ann, 'Read again and again')
  await limits(house, { openedPerMinute: 10 }, {})
  for (let n = 0; n < 10; n++) await house.vault.get(house.ann, 'account', id)
  assert.deepEqual(await kinds(house, house.ann), [])
  for (let n = 0; n < 12; n++) await house.vault.get(house.ann, 'account', id)
  assert.deepEqual(await kinds(house, house.ann), ['pace'])
  assert.deepEqual(ended, [])
  await limits(house, { openedPerHour: 20, endSession: true }, {})
  await house.vault.get(house.ann, 'account', id)
  // The minute was told already; the hour is another limit.
  assert.deepEqual(await kinds(house, house.ann), ['pace', 'pace'])
  assert.deepEqual(ended, [house.ann.principal.id])
  await limits(house, { openedPerMinute: 60, openedPerHour: 600, listedPerHour: 3, endSession: false }, {})
  for (let n = 0; n < 4; n++) await account(house, house.dan, `Row ${String(n)}`)
  await house.vault.list(house.dan, 'account', {})
  assert.deepEqual(await kinds(house, house.dan), ['pace'])
  await limits(house, { listedPerHour: 20_000 }, {})
})

test('[vault-194] over the limit of the day a second person approves, once; two at once cannot slip past together', async () => {
  const house = await world()
  for (let n = 0; n < 4; n++) await account(house, house.bob, `Export ${String(n)}`)
  const rows = (await house.vault.list(house.because(house.admin, 'x'), 'account', { limit: 200 })).items.length
  const { exports } = house.opened
  await limits(house, {}, { perDay: 5000, roles: { administrator: rows } })
  // Each alone is within the limit; both together are not.
  const both = await Promise.allSettled([exported(house, house.admin), exported(house, house.admin)])
  const refused = both.flatMap((one) => (one.status === 'rejected' ? [one.reason as unknown] : []))
  assert.equal(refused.length, 1)
  assert.ok(isFault(refused[0], 'export-needs-approval'))
  await assert.rejects(exports.ask(house.ann, 'account', 5, 'mailing'), (error) => isFault(error, 'denied'))
  const small = await exports.ask(house.admin, 'account', 1, 'mailing')
  const asked = await exports.ask(house.admin, 'account', rows, 'mailing')
  await assert.rejects(exports.decide(house.admin, asked.id, true, ''), (error) => isFault(error, 'denied'))
  await assert.rejects(exported(house, house.admin), (error) => isFault(error, 'export-needs-approval'))
  await exports.decide(house.manager, small.id, true, '')
  // Approved for fewer rows than these.
  await assert.rejects(exported(house, house.admin), (error) => isFault(error, 'export-needs-approval'))
  await exports.decide(house.manager, asked.id, true, '')
  await assert.rejects(exports.decide(house.manager, asked.id, false, ''), (error) => isFault(error, 'not-found'))
  const twice = await Promise.allSettled([exported(house, house.admin), exported(house, house.admin)])
  assert.deepEqual(twice.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
  const used = (await exports.requests(house.admin.principal.id)).find(({ id }) => id === asked.id)
  assert.ok(used?.usedAt)
})

test('[vault-195] a file, a changed file and a single row of it lead to who took it out; an import ignores the mark', async () => {
  const house = await world()
  const bytes = await exported(house, house.manager)
  const text = fromUtf8(bytes)
  const rows = text.trim().split('\r\n').slice(1)
  const marks = new Set(rows.map((row) => /HF-([0-9a-f-]{36})/u.exec(row)?.[1]))
  assert.equal(marks.size, 1)
  const [mark] = marks
  assert.ok(mark)
  assert.ok(rows.every((row) => row.includes('Mia')))
  const digest = (of: Uint8Array | string): string => createHash('sha256').update(of).digest('hex')
  const { exports } = house.opened
  const [whole] = await exports.find(digest(bytes), [])
  assert.deepEqual([whole?.id, whole?.userId, whole?.rows], [mark, house.manager.principal.id, rows.length])
  assert.deepEqual([whole?.unchanged, whole?.journalled], [true, true])
  const row = rows[0] ?? ''
  const [part] = await exports.find(digest(row), [mark])
  assert.deepEqual([part?.id, part?.unchanged, part?.journalled], [mark, false, true])
  assert.deepEqual(await exports.find(digest('something else'), []), [])
  // The row in the table cannot be bent without the journal saying so.
  await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    tx.query({
      text: `update ops.export set sha256 = decode($2, 'hex') where tenant_id = $1 and id = $3`,
      values: [house.tenant, digest('forged'), mark],
    }),
  )
  const [forged] = await exports.find(digest('forged'), [])
  assert.deepEqual([forged?.unchanged, forged?.journalled], [true, false])
  const again = await createImport(house.vault).run(house.manager, { type: 'account', bytes })
  assert.deepEqual([again.refused, again.created], [0, 0])
})
