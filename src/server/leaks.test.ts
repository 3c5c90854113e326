// The leak matrix: every path that gives something of a record, webhooks among them, × what is hidden, masked or read-only × every role. The policies say what
// each person may see of each record; canary values tell what they saw, in bodies, headers, errors, files and journal answers alike.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, test } from 'node:test'
import { type Field, fieldGroups, services } from '#kernel'
import { beside } from '../../test/support/beside.ts'
import { canariesIn, canaryValue } from '../../test/support/canary.ts'
import {
  leaksIn,
  named,
  type Person,
  plant,
  type Planted,
  type Sights,
  sightsOf,
  unused,
  type World,
} from '../../test/support/leak-world.ts'
import { paths, recordPath, verbPaths } from '../../test/support/record-paths.ts'
import { type Answer, openTestServer, type TestServer } from '../../test/support/server.ts'
import { routes } from './routes.ts'

let opened: Promise<{ readonly server: TestServer; readonly world: World }> | undefined
const ground = () => (opened ??= openTestServer().then(async (server) => ({ server, world: await plant(server) })))
after(async () => {
  if (opened) await (await opened).server.close()
})

test('[server-140] every route and every verb says which records come out of it, or why none do', () => {
  const lines = routes.map(({ method, path }) => {
    const found = recordPath(method, path)
    assert.ok(found, `${method} ${path}: say in test/support/record-paths.ts what of a record comes out of it`)
    return `${method} ${path}: ${'path' in found ? found.path : `none, ${found.none}`}`
  })
  const golden = readFileSync(new URL('../../test/golden/record-paths.txt', import.meta.url), 'utf8')
  assert.equal(`${lines.toSorted().join('\n')}\n`, golden)
  const used = new Set(lines.map((line) => line.slice(line.lastIndexOf(': ') + 2)))
  for (const path of paths) assert.ok(used.has(path), path)
  const verbs = readFileSync(new URL('../cli/verbs.ts', import.meta.url), 'utf8').matchAll(/^ {4}'?([\w-]+)'?: \{/gm)
  assert.deepEqual(Array.from(verbs, ([, verb = '']) => verb).toSorted(), Object.keys(verbPaths).toSorted())
  // Nothing is let through for where it lies.
  for (const path of ['/api/keys/new', '/api/me/new', '/api/customers/:id/new'])
    assert.equal(recordPath('GET', path), undefined)
})

test('[server-140] no path shows, finds, orders by or changes what the policies hide, mask or keep', async () => {
  const { server, world } = await ground()
  const sights = { hidden: 0, masked: 0, plain: 0, 'read-only': 0 }
  const leaks: string[] = []
  let explained = 0
  // Nothing is changed here by anybody, so that all are asked beside each other.
  await beside(world.people, async (person) => {
    const seen = sightsOf(server, world, person)
    // What the last journal answers and lists show is of everybody: every record counts, not only one's own.
    const check = (where: string, answer: Answer, purpose = ''): void => {
      for (const leak of leaksIn(world, seen, answer, purpose)) leaks.push(`${person.role} ${where}: ${leak}`)
    }
    const get = async (path: string): Promise<Answer> => {
      const answer = await person.client.ask('GET', path)
      check(`GET ${path.replaceAll(/[0-9a-f-]{36}/g, ':id').slice(0, 60)}`, answer)
      assert.ok(answer.status < 500, `${person.role} ${path}: ${answer.text}`)
      return answer
    }
    const post = async (path: string, body: unknown, purpose = '', method = 'POST'): Promise<Answer> => {
      const answer = await person.client.ask(method, path, { body })
      check(`${method} ${path.replaceAll(/[0-9a-f-]{36}/g, ':id')}`, answer, purpose)
      assert.ok(answer.status < 500, `${person.role} ${method} ${path}: ${answer.text}`)
      return answer
    }
    for (const { method, path } of routes) {
      // Whatever can be read without naming a record.
      if (method === 'GET' && !path.includes(':')) await get(path)
    }
    await get('/api/journal?limit=100')
    for (const type of world.types) {
      const at = `/api/${type.plural}`
      await get(`${at}?limit=200`)
      await post(`${at}/export`, { purpose: 'leak test' }, 'leak test')
      for (const group of new Set(type.fields.map((field) => field.group))) {
        const [field] = type.fields.filter((one) => one.group === group)
        if (field) await get(`${at}?limit=200&sort=${field.name}`)
      }
    }
    // Each kind of sight of each group is tried once a person: what differs between two such records is not the path.
    const tried = new Set<string>()
    const first = (...kind: readonly string[]): boolean => tried.size < tried.add(kind.join(' ')).size
    for (const one of person.planted) {
      const { type, id } = one
      const at = `/api/${type.plural}`
      await get(`${at}/${id}`)
      await get(`${at}/${id}/history`)
      const before = await versionOf(server, one)
      for (const group of new Set(type.fields.map((field) => field.group))) {
        const field = named(one, group)
        if (!field) continue
        const sight = seen.of({ record: id, type: type.name, field: field.name }, '')
        sights[sight]++
        // Who sees it, and why not, holds no value, whoever asks: it must show nothing to those who see nothing.
        if (sight !== 'plain' && first('explain', type.name, group)) {
          const asked = `type=${type.name}&id=${id}`
          const answers = [
            await get(`/api/access/who?${asked}&group=${group}`),
            await get(`/api/access/why?${asked}&person=${person.id}&action=unmask.${group}`),
          ]
          for (const { status, text } of answers) {
            assert.ok([200, 403].includes(status), text)
            const told = canariesIn(text).filter((key) => world.canaries.has(key))
            if (told.length > 0) leaks.push(`${person.role} is told ${type.name}.${field.name} in an explanation`)
            explained += status === 200 ? 1 : 0
          }
        }
        if (first('see', type.name, group, sight)) {
          await post(`${at}/${id}/unmask`, { group, reason: 'leak test' }, 'leak test')
          await get(`${at}/${id}/attachments`)
          await probe(get, person, seen, one, field, leaks)
        }
        // Read-only: no path changes a group that may not be edited.
        if (seen.may(`edit.${group}`, id)) continue
        sights['read-only']++
        if (!first('edit', type.name, group, sight)) continue
        const values = { [field.name]: canaryValue(field, unused) }
        const answer = await post(`${at}/${id}`, { version: before, values }, '', 'PATCH')
        if (answer.status < 400) leaks.push(`${person.role} PATCH ${type.name}.${field.name} is read-only`)
      }
      assert.equal(await versionOf(server, one), before, `${person.role} changed ${type.name}`)
    }
  })
  assert.deepEqual([...new Set(leaks)], [])
  assert.ok(explained > 20, String(explained))
  for (const [sight, times] of Object.entries(sights)) assert.ok(times > 20, JSON.stringify({ sight, times, sights }))
})

// Nothing is changed above but the journal: the same people and records serve once more.
test('[vault-274] no event names a record that its owner may not list, nor a group that they may not view, nor any value', async () => {
  const { server, world } = await ground()
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
})

const versionOf = async (server: TestServer, { id, type }: Planted): Promise<number> => {
  const [row] = await server.house.store.owner((tx) =>
    tx.query<{ version: number }>({ text: `select version from crm."${type.table}" where id = $1`, values: [id] }),
  )
  return row?.version ?? -1
}

/** Filtering, counting and searching by a value that one may not see, and could not unmask with a reason, finds nothing or is refused. */
const probe = async (
  get: (path: string) => Promise<Answer>,
  person: Person,
  seen: Sights,
  { id, type, values }: Planted,
  field: Field,
  leaks: string[],
): Promise<void> => {
  const value = values[field.name]
  const canary = { record: id, type: type.name, field: field.name }
  // Who could unmask it with a reason finds the record by it, as by a search: the reason is the search (vault/gate.ts).
  if (seen.of(canary, 'search') === 'plain') return
  const filter = encodeURIComponent(JSON.stringify([{ field: field.name, op: 'eq', value }]))
  const found = await get(`/api/${type.plural}?filter=${filter}`)
  const count = await get(`/api/${type.plural}/count?filter=${filter}`)
  if (found.text.includes(id)) leaks.push(`${person.role} filters ${type.name}.${field.name}`)
  if (count.status === 200 && (count.json() as { count: number }).count > 0)
    leaks.push(`${person.role} counts ${type.name}.${field.name}`)
  if (typeof value !== 'string') return
  const searched = await get(`/api/${type.plural}?q=${encodeURIComponent(value)}`)
  const everywhere = await get(`/api/search?q=${encodeURIComponent(value)}`)
  if (searched.text.includes(id) || everywhere.text.includes(id))
    leaks.push(`${person.role} finds ${type.name}.${field.name}`)
}
