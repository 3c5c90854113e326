// Canaries, reading faster than a person reads, exports over the limit, and files that lead back to who took them out.
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { after, test } from 'node:test'
import { createImport, exportCsv } from '#crm'
import { type Actor, type CheckResult, concat, fromUtf8, isFault, services, type Uuid } from '#kernel'
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
    revealing: now.revealing,
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

test('[vault-281] a day has a limit too; ACC-08 counts anew and fails where somebody was over a limit and no alarm was raised', async () => {
  const house = await world()
  const check = house.opened.checks.find(({ control }) => control === 'ACC-08')
  assert.ok(check)
  const scope = { tenant: house.tenant, principal: services.compliance }
  // The last two minutes are left alone: what was read in them may not be told yet.
  const run = (later = 10): Promise<CheckResult> =>
    house.store.transaction(scope, (tx) =>
      check.run({
        tenant: house.tenant,
        now: new Date(Date.now() + later * 60_000),
        query: <R extends object>(text: string, values?: readonly unknown[]) => tx.query<R>({ text, ...(values && { values }) }),
      }),
    ) // prettier-ignore
  await limits(house, { openedPerMinute: 60, openedPerHour: 600, listedPerHour: 20_000, readPerDay: 3, endSession: false }, {}) // prettier-ignore
  // What was read in the minute of the change is judged by neither.
  await house.store.owner((tx) => tx.query({ text: `update ops.setting set updated_at = now() - interval '1 hour' where name = 'readingLimits'` })) // prettier-ignore
  // And what tests before this one read, under other limits, is no matter here.
  await house.opened.flushWatch()
  await house.store.owner((tx) => tx.query({ text: 'delete from ops.read_count' }))
  const id = await account(house, house.bob, 'Read all day')
  for (let n = 0; n < 4; n++) await house.vault.get(house.bob, 'account', id)
  assert.deepEqual(await kinds(house, house.bob), ['pace'])
  const [alarm] = (await house.opened.alarms.list()).filter((one) => one.userId === house.bob.principal.id)
  assert.deepEqual(alarm?.detail, { limit: 'readPerDay', allowed: 3, count: 4 })
  const passed = await run()
  assert.deepEqual([passed.state, passed.observed['users.overDailyReadLimit.unalerted']], ['pass', 0])
  assert.ok(passed.population >= 1)
  // The alarm is gone: whoever read so much was never told of.
  await house.store.owner((tx) => tx.query({ text: 'delete from ops.alarm where id = $1', values: [alarm.id] }))
  const failed = await run()
  assert.deepEqual([failed.state, failed.observed['users.overDailyReadLimit.unalerted']], ['fail', 1])
  assert.match(JSON.stringify(failed.observed['items']), new RegExp(`${house.bob.principal.id} readPerDay`))
  // Spread over the day it is still the day's; an hour has its own limit; and the limits of now judge what was read under them alone.
  await house.store.owner((tx) =>
    tx.query({
      text: `insert into ops.read_count (tenant_id, user_id, minute, opened, listed)
             select $1, $2, date_trunc('minute', now()) + n * interval '1 hour', 0, 1 from generate_series(1, 4) n`,
      values: [house.tenant, house.dan.principal.id],
    }),
  )
  assert.equal((await run(300)).observed['users.overDailyReadLimit.unalerted'], 2)
  await limits(house, { readPerDay: 50_000 }, {})
  assert.equal((await run()).state, 'pass')
  // Counts of long ago are dropped.
  await house.store.owner((tx) =>
    tx.query({
      text: `update ops.read_count set minute = minute - interval '40 days' where user_id = $1`,
      values: [house.dan.principal.id],
    }),
  )
  await house.opened.alarms.tidy()
  const left = await house.store.owner(
    (tx) =>
    tx.query<{ n: number }>({ text: 'select count(*)::int as n from ops.read_count where user_id = $1', values: [house.dan.principal.id] }), // prettier-ignore
  )
  assert.equal(left[0]?.n, 0)
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
