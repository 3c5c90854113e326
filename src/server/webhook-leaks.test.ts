// Webhooks against the leak matrix: what each role would be told of records of every kind of sight, against what the policies say.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fieldGroups, services } from '#kernel'
import { canariesIn } from '../../test/support/canary.ts'
import { plant, sightsOf } from '../../test/support/leak-world.ts'
import { openTestServer } from '../../test/support/server.ts'

test('[vault-274] no event names a record that its owner may not list, nor a group that they may not view, nor any value', async () => {
  const server = await openTestServer()
  try {
    const world = await plant(server)
    const { webhooks, tenant, store } = server.house
    const told = { events: 0, silent: 0, hidden: 0 }
    for (const person of world.people) {
      const seen = sightsOf(server, world, person, { channel: 'api', mfa: false })
      const owner = await server.house.actorOf(person.id, { channel: 'api', ip: '', mfa: false })
      const wish = { name: 'x', url: 'https://erp.example.com/', types: [], events: [], active: true }
      const { hook } = await webhooks.make(owner, { ...wish, types: ['account'], events: ['created'] })
      const rows = person.planted.map(({ id, type, row }) => ({ id, type: type.name, event: row['deleted_at'] === null ? 'changed' : 'removed' })) // prettier-ignore
      await store.transaction({ tenant, principal: services.system }, (tx) =>
        tx.query({
          text: `insert into ops.webhook_delivery (tenant_id, id, webhook_id, event, record_type, record_id, version, act, groups, at, next_at)
                 select $1, gen_random_uuid(), $2, p.event, p.type, p.id, 1, 'record.update', $3, now(), now() - interval '1 minute'
                 from jsonb_to_recordset($4::jsonb) as p(id uuid, type text, event text)`,
          values: [tenant, hook.id, fieldGroups, JSON.stringify(rows)],
        }),
      )
      let taken = await webhooks.outbox.take()
      let count = 0
      for (; taken; taken = await webhooks.outbox.take()) {
        count += 1
        const { recordId } = taken
        const event = await webhooks.outbox.shown(owner, taken)
        assert.equal(event !== null, seen.may('list', recordId), `${person.role} ${taken.type}`)
        await webhooks.outbox.done(taken.id)
        if (event === null) {
          told.silent += 1
          continue
        }
        told.events += 1
        assert.deepEqual(canariesIn(JSON.stringify(event.data.groups)), [])
        const type = world.types.find(({ name }) => name === event.data.type)
        for (const group of fieldGroups.filter((one) => type?.fields.some((field) => field.group === one))) {
          const may = seen.may(`view.${group}`, recordId)
          if (!may) told.hidden += 1
          assert.equal(event.data.groups.includes(group), may, `${person.role} ${event.data.type} ${group}`)
        }
        assert.deepEqual(Object.keys(event.data).sort(), ['act', 'groups', 'id', 'type', 'version'])
      }
      assert.equal(count, person.planted.length, person.role)
    }
    for (const [kind, count] of Object.entries(told)) assert.ok(count > 10, `${kind}: ${String(count)}`)
    console.log(`    told: ${JSON.stringify(told)}`)
  } finally {
    await server.close()
  }
})
