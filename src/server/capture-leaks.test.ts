// The leak matrix of web forms together with webhooks: what a lead that a stranger sent tells its first reader, everybody after, whoever
// subscribed to leads, and whoever looks after forms and subscriptions; for every role, against what the policies alone say.
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { after, test } from 'node:test'
import { base64url, type FieldGroup, fieldGroups, services } from '#kernel'
import { webhookEvents } from '#vault'
import { canariesIn, canaryKey, canaryValue } from '../../test/support/canary.ts'
import {
  adopt,
  type CaptureGround,
  type Entry,
  groupsOf,
  leaks,
  openCaptureGround,
  send,
  taken,
} from '../../test/support/capture-ground.ts'
import {
  named,
  type Person,
  type Planted,
  rowOf,
  type Sights,
  sightsOf,
  unused,
} from '../../test/support/leak-world.ts'
import { type Ask, urlOf } from '../../test/support/leak-ways.ts'
import { recordPath } from '../../test/support/record-paths.ts'
import type { Answer } from '../../test/support/server.ts'
import { captureScript } from './capture.ts'
import { routes } from './routes.ts'
import { tellDue, type WebhookDesk } from './webhook-post.ts'

let opened: Promise<CaptureGround> | undefined
const ground = (): Promise<CaptureGround> => (opened ??= openCaptureGround())
after(async () => {
  if (opened) await (await opened).close()
})

test('[server-286] what a web form sent tells its first reader, and everybody after, what the policies let them see, whatever role reads first', async () => {
  const all = await ground()
  const { server, world, lead } = all
  const found: string[] = []
  const sights = { hidden: 0, masked: 0, plain: 0, 'read-only': 0, waiting: 0 }
  const leads: Planted[] = []
  for (const [i, person] of world.people.entries()) {
    const seen = sightsOf(server, world, person)
    const first = async (path: string, entries: readonly Entry[]): Promise<Answer> => {
      const answer = await person.client.ask('GET', path)
      assert.ok(answer.status < 500, answer.text)
      // By now some of them are records, which the sights have to know before the answer is looked at.
      for (const entry of entries) {
        const one = await adopt(all, entry)
        if (one) leads.push(one)
        else sights.waiting++
      }
      for (const leak of leaks(all, seen, answer))
        found.push(`${person.role} reads first ${path.slice(0, 16)}: ${leak}`)
      return answer
    }
    const spoilt = await send(all, 'pool', { mobile: 'none' })
    const entries = [await send(all, `own-${String(i)}`), await send(all, i % 2 === 0 ? 'mate' : 'stranger')]
    await first('/api/leads?limit=200', entries)
    assert.equal(await adopt(all, spoilt), undefined)
    // Who counts by a value opens what waits as well, and is told no more than by any other look.
    const guessed = await send(all, 'pool')
    const field = named({ ...(world.people[0]?.planted[0] ?? never()), values: guessed.values, type: lead }, 'contact')
    assert.ok(field)
    const filter = JSON.stringify([{ field: field.name, op: 'eq', value: guessed.values[field.name] }])
    const counted = await first(`/api/leads/count?filter=${encodeURIComponent(filter)}`, [guessed])
    const canary = { record: guessed.id, type: lead.name, field: field.name }
    const finds = counted.status === 200 && (counted.json() as { count: number }).count > 0
    if (finds)
      assert.ok(world.records.has(guessed.id) && seen.of(canary, 'search') === 'plain', `${person.role} counts`)
    // What this role may not open waits for one that may.
    await server.admin.ask('GET', '/api/leads/count')
    for (const entry of [...entries, guessed]) if (!world.records.has(entry.id)) leads.push(await taken(all, entry))
  }
  assert.equal(leads.length, world.people.length * 3)
  for (const person of world.people) {
    const seen = sightsOf(server, world, person)
    const ask = async (method: string, path: string, body?: object, purpose = ''): Promise<Answer> => {
      const answer = await person.client.ask(method, path, body === undefined ? {} : { body })
      assert.ok(answer.status < 500, answer.text)
      const where = `${person.role} ${method} ${path.replaceAll(/[0-9a-f-]{36}/g, ':id')}`
      for (const leak of leaks(all, seen, answer, purpose)) found.push(`${where}: ${leak}`)
      return answer
    }
    const reason = 'leak test'
    for (const path of ['/api/leads?limit=200', '/api/home', '/api/notifications?limit=50', '/api/journal?limit=100'])
      await ask('GET', path)
    await ask('POST', '/api/leads/export', { purpose: reason }, reason)
    for (const one of kinds(seen, leads)) {
      const at = `/api/leads/${one.id}`
      for (const path of [at, `${at}/history`, `${at}/protection`]) await ask('GET', path)
      await ask('POST', '/api/leads/print', { id: one.id })
      for (const group of groupsOf(one)) {
        const field = named(one, group)
        if (!field) continue
        sights[seen.of({ record: one.id, type: lead.name, field: field.name }, '')]++
        await ask('POST', `${at}/unmask`, { group, reason }, reason)
        if (seen.may(`edit.${group}`, one.id)) continue
        sights['read-only']++
        const values = { [field.name]: canaryValue(field, unused) }
        const answer = await ask('PATCH', at, { version: one.row['version'], values })
        assert.ok(answer.status >= 400, `${person.role} changes ${field.name}`)
      }
      assert.deepEqual((await rowOf(server, lead, one.id))['version'], one.row['version'])
    }
  }
  assert.deepEqual([...new Set(found)], [])
  for (const times of Object.values(sights)) assert.ok(times > 5, JSON.stringify(sights))
})

const never = (): never => {
  throw new RangeError('nothing is planted')
}

/** One lead for each kind of sight and rights somebody has. */
const kinds = (seen: Sights, leads: readonly Planted[]): readonly Planted[] => {
  const asked = ['list', ...fieldGroups.flatMap((group) => ['view', 'unmask', 'edit'].map((right) => `${right}.${group}`))]
  return [...new Map(leads.map((one) => [asked.map((action) => seen.may(action, one.id)).join(), one])).values()]
} // prettier-ignore

/** As the house tells, but for the right to have webhooks: here the rights on records alone are asked about. */
const deskOf = ({ server: { house } }: CaptureGround): WebhookDesk => ({
  config: house.config,
  actorOf: (...asked) => house.actorOf(...asked),
  webhooks: house.webhooks,
  vault: { may: () => Promise.resolve(true) },
})

const subscribe = async (
  { server: { house }, receiver }: CaptureGround,
  person: Person,
  at: string,
): Promise<string> => {
  const owner = await house.actorOf(person.id, { channel: 'api', ip: '', mfa: false })
  const wish = { name: 'x', url: `${receiver.url}${at}`, types: ['lead'], events: webhookEvents, active: true }
  return (await house.webhooks.make(owner, wish)).hook.id
}

interface Told {
  readonly type: string
  readonly data: { readonly id: string; readonly act: string; readonly groups: readonly string[] }
}

test('[vault-274] [server-286] a receiver is told of a lead of a web form what its owner may list, in groups the owner may view, and no value', async () => {
  const all = await ground()
  const { server, world, lead, receiver } = all
  const { house } = server
  const entries = []
  for (const form of ['pool', 'mate', 'stranger', ...world.people.map((_, i) => `own-${String(i)}`)])
    entries.push(await send(all, form))
  const hooks: string[] = []
  for (const [i, person] of world.people.entries()) hooks.push(await subscribe(all, person, `/${String(i)}`))
  await server.admin.ask('GET', '/api/leads/count')
  const leads = await Promise.all(entries.map((entry) => taken(all, entry)))
  const told = { events: 0, silent: 0, narrowed: 0 }
  /** Everything that is due now, against what each owner may see now. */
  const check = async (event: string, about: readonly Planted[], groups: readonly FieldGroup[]): Promise<void> => {
    receiver.got.length = 0
    await tellDue(deskOf(all))
    for (const { headers, body } of receiver.got) {
      const values = canariesIn(`${body} ${headers}`).filter((key) => world.canaries.has(key) || all.held.has(key))
      assert.deepEqual(values, [], body)
      const { data } = JSON.parse(body) as Told
      assert.deepEqual(Object.keys(data).toSorted(), ['act', 'groups', 'id', 'type', 'version'])
    }
    for (const one of about) one.row = await rowOf(server, lead, one.id)
    for (const [i, person] of world.people.entries()) {
      const seen = sightsOf(server, world, person, { channel: 'api', mfa: false })
      const came = receiver.got.filter(({ path }) => path === `/${String(i)}`).map(({ body }) => JSON.parse(body) as Told)
      for (const one of about) {
        const where = `${person.role} lead.${event}`
        const [mine, ...doubled] = came.filter(({ data, type }) => data.id === one.id && type === `lead.${event}`)
        assert.deepEqual(doubled, [], where)
        assert.equal(mine !== undefined, seen.may('list', one.id), where)
        const may = groups.filter((group) => seen.may(`view.${group}`, one.id))
        if (mine) assert.deepEqual(mine.data.groups.toSorted(), may.toSorted(), where)
        told.events += mine ? 1 : 0
        told.silent += mine ? 0 : 1
        told.narrowed += mine && may.length < groups.length ? 1 : 0
      }
      assert.deepEqual(came.filter(({ data }) => !about.some(({ id }) => id === data.id)), []) // prettier-ignore
    }
  }
  const [first] = leads
  assert.ok(first)
  const groups = groupsOf(first)
  await check('created', leads, groups)
  const some = leads.slice(0, 6)
  for (const one of some) {
    const values = Object.fromEntries(groups.map((group) => [named(one, group)?.name ?? '', world.fresh(named(one, group) ?? never())])) // prettier-ignore
    await house.vault.update(house.system, 'lead', one.id, 1, values as never)
    for (const [field, value] of Object.entries(values)) world.canaries.set(canaryKey(value), { record: one.id, type: 'lead', field }) // prettier-ignore
  }
  await check('changed', some, groups)
  for (const [i, one] of some.entries()) await house.vault.assign(house.system, 'lead', one.id, world.people[i]?.id ?? null)
  await check('assigned', some, [])
  for (const one of some) await house.vault.remove(house.system, 'lead', one.id, Number(one.row['version']))
  await check('removed', some, [])
  assert.ok(told.events > 50 && told.silent > 50 && told.narrowed > 2, JSON.stringify(told))
  // The house itself tells those alone who may have webhooks at all, whatever they see.
  for (const one of leads.slice(-3)) await house.vault.update(house.system, 'lead', one.id, 1, { jobTitle: 'other' })
  receiver.got.length = 0
  await tellDue(house)
  const left = new Set((await house.webhooks.list()).filter(({ active }) => active).map(({ id }) => id))
  for (const { path } of receiver.got) assert.ok(left.has(hooks[Number(path.slice(1))] ?? ''), path)
  assert.ok(left.size > 0 && left.size < hooks.length, String(left.size))
  const admin = await house.actorOf(server.ids.admin, { channel: 'web', ip: '', mfa: true })
  for (const id of hooks) await house.webhooks.remove(admin, id)
}) // prettier-ignore

/** Rows that say of themselves that they take forms in, look after them, or after subscriptions: of a record nothing comes out of them. */
const reasonsOf = ['POST /capture/:form', 'GET /api/capture/forms', 'GET /api/webhooks'].map((row) => {
  const [method = '', path = ''] = row.split(' ')
  const found = recordPath(method, path)
  return found && 'none' in found ? found.none : never()
})

interface Place {
  readonly i: number
  readonly hook: string
  readonly spare: string
  readonly delivery: string
  readonly aside: readonly string[]
  readonly url: string
}

/** Looks like an envelope and opens for nobody. */
const noEnvelope = base64url(Uint8Array.of(0xc5, 17, ...new Uint8Array(80).fill(7)))

/** How each of them is asked. */
const ways: Readonly<Record<string, (place: Place) => readonly Ask[]>> = {
  'GET /capture/:form': () => [{ params: { form: 'pool' } }, { params: { form: 'mate' }, query: { lang: 'zh' } }],
  'GET /capture/:form/capture.js': () => [{ params: { form: 'pool' } }],
  'GET /capture/:form/manifest.json': () => [{ params: { form: 'pool' } }, { params: { form: 'stranger' } }],
  'OPTIONS /capture/:form': () => [{ params: { form: 'pool' }, headers: { origin: 'https://www.example.com' } }],
  'POST /capture/:form': () => [
    { params: { form: 'pool' }, body: { epoch: 1, suite: 17, at: new Date().toISOString(), sealed: noEnvelope } },
  ],
  'GET /api/capture/forms': () => [{}],
  'POST /api/capture/forms': ({ i }) => [
    { body: { name: `mine-${String(i)}`, active: true, version: 0, definition: formOf() } },
  ],
  'GET /api/capture/quarantine': () => [{}],
  'POST /api/capture/quarantine/:id/retry': ({ aside: [id = ''] }) => [{ params: { id } }],
  'DELETE /api/capture/quarantine/:id': ({ aside }) => [{ params: { id: aside.at(-1) ?? '' } }],
  'GET /api/webhooks': () => [{}],
  'POST /api/webhooks': ({ url }) => [{ body: wishOf(url) }],
  'PATCH /api/webhooks/:id': ({ hook, url }) => [{ params: { id: hook }, body: wishOf(url) }],
  'POST /api/webhooks/:id/secret': ({ hook }) => [{ params: { id: hook } }],
  'POST /api/webhooks/:id/test': ({ hook }) => [{ params: { id: hook } }],
  'GET /api/webhooks/:id/deliveries': ({ hook }) => [{ params: { id: hook } }],
  'POST /api/webhooks/:id/deliveries/:delivery/resend': ({ hook, delivery }) => [{ params: { id: hook, delivery } }],
  'POST /api/webhooks/resume': () => [{}],
  'DELETE /api/webhooks/:id': ({ spare }) => [{ params: { id: spare } }],
}

const both = { zh: '预约', en: 'Ask' }
const formOf = () => ({ title: both, intro: both, notice: both, submit: both, thanks: both, fields: [{ name: 'name', required: true }], owner: null, source: 'website', origins: [], leastSeconds: 0 }) // prettier-ignore
const wishOf = (url: string) => ({ name: 'x', url, types: ['lead'], events: ['created'], active: true })

test('[server-286] every route of web forms and of webhooks is asked by every role, and none gives a value of an entry or a lead, or says which lead', async () => {
  const all = await ground()
  const { server, world, receiver } = all
  const { house } = server
  const table = routes.filter(({ method, path }) => {
    const found = recordPath(method, path)
    return found !== undefined && 'none' in found && reasonsOf.includes(found.none)
  })
  assert.deepEqual(table.map(({ method, path }) => `${method} ${path}`).toSorted(), Object.keys(ways).toSorted(), 'each says here how it is asked') // prettier-ignore
  // Entries that are set aside, one that waits, and deliveries that did not arrive.
  receiver.status = 500
  const hooks: string[] = []
  for (const person of world.people) hooks.push(await subscribe(all, person, '/away'))
  const entry = await send(all, 'pool')
  for (let i = 0; i < world.people.length + 1; i++) await send(all, 'pool', { mobile: 'none' })
  await server.admin.ask('GET', '/api/leads/count')
  await taken(all, entry)
  await tellDue(deskOf(all))
  await send(all, 'pool')
  const failed = await house.store.transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
    tx.query<{ id: string; hook: string }>({ text: 'select id, webhook_id as hook from ops.webhook_delivery where status = 500' }),
  ) // prettier-ignore
  assert.ok(failed.length > 2)
  const asides = async () =>
    (await server.house.store.owner((tx) => tx.query<{ id: string }>({ text: 'select id from crm.capture where reason is not null order by received_at' }))).map(({ id }) => id) // prettier-ignore
  const answered = new Set<string>()
  for (const [i, person] of world.people.entries()) {
    const hook = hooks[i] ?? ''
    const spare = await subscribe(all, person, '/spare')
    const delivery = failed.find((one) => one.hook === hook)?.id ?? failed[0]?.id ?? ''
    const place = { i, hook, spare, delivery, aside: await asides(), url: `${receiver.url}/new` }
    for (const { method, path } of table)
      for (const wish of ways[`${method} ${path}`]?.(place) ?? []) {
        const where = `${person.role} ${method} ${path}`
        const { body, headers } = wish
        const asked = { ...(body === undefined ? {} : { body }), ...(headers === undefined ? {} : { headers }) }
        const answer = await person.client.ask(method, urlOf(path, wish), asked)
        const unbuilt = path.startsWith('/capture/') && !existsSync(captureScript)
        assert.ok(answer.status < 500 || unbuilt, `${where}: ${answer.text}`)
        if (answer.status < 300 || unbuilt) answered.add(`${method} ${path}`)
        const text = `${answer.text}\n${JSON.stringify(answer.headers)}`
        const values = canariesIn(text).filter((key) => world.canaries.has(key) || all.held.has(key))
        assert.deepEqual(values, [], where)
        assert.deepEqual([...world.records.keys()].filter((id) => text.includes(id)), [], where) // prettier-ignore
      }
  }
  const silent = table.map(({ method, path }) => `${method} ${path}`).filter((row) => !answered.has(row))
  assert.deepEqual(silent, [], 'each is answered to somebody')
  receiver.status = 204
})
