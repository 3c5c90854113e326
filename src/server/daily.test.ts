// What people declare and what the server does by itself: the off-site copy, a person's word, the daily review.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { systemClock } from '#kernel'
import { type Client, openTestServer, type TestServer } from '../../test/support/server.ts'
import type { ControlAnswer, OffSiteAnswer, ReviewAnswer } from './contract.ts'
import { reviewDaily } from './daily.ts'
import { seatOf } from './seat.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const ask = async <Value>(client: Client, method: string, path: string, body?: unknown): Promise<Value> => {
  const answer = await client.ask(method, path, body === undefined ? {} : { body })
  assert.equal(answer.status, 200, `${method} ${path}: ${answer.text}`)
  return (answer.text === '' ? null : answer.json()) as Value
}

const control = (review: ReviewAnswer, id: string): ControlAnswer => {
  const found = review.controls.find((each) => each.id === id)
  assert.ok(found)
  return found
}

test('[server-60] a declared off-site copy is confirmed by name, journalled, and seen by BKP-03', async () => {
  const { admin, sales, house } = await server()
  const path = '/api/backups/offsite'
  assert.equal(await ask(admin, 'GET', path), null)
  const wanted = { place: 'Hangzhou, room 2', everyDays: 7, immutableDays: 7 }
  assert.equal((await sales.ask('GET', path)).status, 403)
  assert.equal((await sales.ask('POST', path, { body: wanted })).status, 403)
  for (const bad of [
    { ...wanted, everyDays: 0 },
    { ...wanted, immutableDays: -1 },
    { ...wanted, place: 7 },
  ])
    assert.equal((await admin.ask('POST', path, { body: bad })).status, 400)
  await ask(admin, 'POST', path, wanted)
  assert.equal(control(await ask(admin, 'POST', '/api/review'), 'BKP-03').state, 'fail')
  const declared = await ask<OffSiteAnswer>(admin, 'POST', path, { ...wanted, immutableDays: 30 })
  assert.deepEqual([declared.place, declared.immutableDays, declared.confirmedBy], [wanted.place, 30, 'Ada Admin'])
  assert.equal(control(await ask(admin, 'POST', '/api/review'), 'BKP-03').state, 'pass')
  const { items } = await ask<{ items: { act: string; purpose: string }[] }>(
    admin,
    'GET',
    '/api/journal?act=backup.offsite',
  )
  assert.deepEqual(
    items.map(({ purpose }) => purpose),
    [wanted.place, wanted.place],
  )
  assert.ok(house.tenant)
})

test('[compliance-8] a word is given from the page, shown with its name, and counts in the next review', async () => {
  const { admin, sales } = await server()
  const path = '/api/review/attest'
  const before = await ask<ReviewAnswer>(admin, 'POST', '/api/review')
  assert.deepEqual([control(before, 'GOV-01').takesWord, control(before, 'GOV-01').word], [true, null])
  assert.equal(control(before, 'BKP-01').takesWord, false)
  const note = 'Audited with the checklist of October.'
  assert.equal((await sales.ask('POST', path, { body: { control: 'GOV-01', note } })).status, 403)
  assert.equal((await admin.ask('POST', path, { body: { control: 'BKP-01', note } })).status, 404)
  assert.equal((await admin.ask('POST', path, { body: { control: 'GOV-01', note: '  ' } })).status, 422)
  const { word } = control(await ask<ReviewAnswer>(admin, 'POST', path, { control: 'GOV-01', note }), 'GOV-01')
  assert.deepEqual([word?.by, word?.note], ['Ada Admin', note])
  assert.equal(control(await ask(admin, 'POST', '/api/review'), 'GOV-01').state, 'pass')
})

test('[server-61] a server reviews once a day as the system, and not twice when two are at it', async () => {
  const { house } = await server()
  const [one, two] = [0, 1].map(() =>
    reviewDaily(seatOf(house), { clock: systemClock, log: () => undefined, everyMs: 0 }),
  )
  assert.ok(one && two)
  await house.review.run(house.system.principal.id)
  assert.equal(await one.tick(), false)
  await house.store.owner(async (tx) => {
    await tx.query({ text: `select set_config('app.tenant', $1, true)`, values: [house.tenant] })
    await tx.query({
      text: `update ops.check_run set started_at = started_at - interval '1 day', finished_at = finished_at - interval '1 day'`,
    })
  })
  const runs = (await house.review.list(100)).length
  assert.ok((await Promise.all([one.tick(), two.tick(), one.tick()])).some(Boolean))
  assert.equal((await house.review.list(100)).length, runs + 1)
  assert.equal((await house.review.latest())?.startedBy, house.system.principal.id)
  assert.equal(await two.tick(), false)
  await one.stop()
  await two.stop()
})

test('[server-61] nothing is reviewed before set-up, nor while a restore has taken the house away', async () => {
  const fresh = await openTestServer({ empty: true })
  try {
    const daily = reviewDaily(seatOf(fresh.house), {
      clock: { now: () => new Date(Date.now() + 1e9) },
      log: () => undefined,
      everyMs: 0,
    })
    assert.equal(await daily.tick(), false)
    const away = { ...seatOf(fresh.house), house: fresh.house, away: true }
    assert.equal(
      await reviewDaily(away, { clock: { now: () => new Date() }, log: () => undefined, everyMs: 0 }).tick(),
      false,
    )
  } finally {
    await fresh.close()
  }
})
