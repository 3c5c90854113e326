// Notifications over HTTP: one's own, named as one may see them now, marked as read; cleaned by the day; nothing for programs.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { systemClock } from '#kernel'
import { type Client, openTestServer } from '../../test/support/server.ts'
import { seatOf } from './seat.ts'
import type { NotificationsAnswer, UnreadAnswer } from './contract.ts'
import { reviewDaily } from './daily.ts'

test('[server-254] [server-255] who is given a record is told once it is done; the notice follows what may be seen, and reading it is one’s own', async () => {
  const server = await openTestServer()
  try {
    const { admin, manager, sales, ids, house, stranger } = server
    const ask = async <T>(who: Client, method: string, path: string, body?: unknown): Promise<T> => {
      const answer = await who.ask(method, path, body === undefined ? {} : { body })
      assert.ok(answer.status < 300, `${method} ${path}: ${answer.text}`)
      return answer.json() as T
    }
    const list = (who: Client): Promise<NotificationsAnswer> => ask(who, 'GET', '/api/notifications')
    const made = await ask<{ id: string }>(manager, 'POST', '/api/accounts', { values: { name: 'Harbour Ltd' } })
    await ask(manager, 'POST', `/api/accounts/${made.id}/assign`, { ownerId: ids.sales })
    const [told, ...more] = (await list(sales)).items
    assert.ok(told && more.length === 0)
    assert.deepEqual(
      [told.kind, told.type, told.record, told.hidden, told.readAt],
      ['assigned', 'account', { id: made.id, title: 'Harbour Ltd' }, false, null],
    )
    assert.equal(told.by, (await house.staff.get(ids.manager))?.name)
    assert.deepEqual([(await list(manager)).unread, (await list(admin)).unread], [0, 0])
    assert.deepEqual(await ask<UnreadAnswer>(sales, 'GET', '/api/notifications/unread'), { unread: 1 })
    assert.equal((await stranger().ask('GET', '/api/notifications')).status, 401)

    // Nobody marks what is another's; what is neither ids nor a moment is refused.
    await ask(manager, 'POST', '/api/notifications/read', { ids: [told.id] })
    assert.equal((await list(sales)).unread, 1)
    for (const body of [{}, { ids: [], until: told.createdAt }, { until: 'soon' }, { ids: ['x'] }])
      assert.equal((await sales.ask('POST', '/api/notifications/read', { body })).status, 400, JSON.stringify(body))
    for (const query of ['limit=0', 'limit=51', 'cursor=x', 'user=1'])
      assert.equal((await sales.ask('GET', `/api/notifications?${query}`)).status, 400, query)
    assert.deepEqual(await ask(sales, 'POST', '/api/notifications/read', { until: told.createdAt }), { unread: 0 })

    // Taken away again: the notice stays, and says nothing of the record.
    await house.vault.assign(house.system, 'account', made.id, ids.other)
    const [after] = (await list(sales)).items
    assert.deepEqual([after?.id, after?.type, after?.record, after?.hidden], [told.id, null, null, true])
    assert.ok(!(await sales.ask('GET', '/api/notifications')).text.includes(made.id))

    // The house drops what is old, day by day.
    await house.store.owner((tx) =>
      tx.query({ text: `update ops.notification set created_at = created_at - interval '91 days' where id = $1`, values: [told.id] }),
    ) // prettier-ignore
    const daily = reviewDaily(seatOf(house), { clock: systemClock, log: () => undefined, everyMs: 0 })
    await daily.tick()
    await daily.stop()
    assert.deepEqual((await list(sales)).items, [])
  } finally {
    await server.close()
  }
})
