// Steps of a change over HTTPS: drafts, what it means otherwise, a moment to come, and taking it back.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { after, test } from 'node:test'
import { activationFailures } from '#vault'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type {
  AlarmItem,
  NotificationsAnswer,
  PolicyChangeAnswer,
  PolicyControlAnswer,
  PolicyDraftAnswer,
  PolicyDraftItem,
  PolicyProblemsAnswer,
} from './contract.ts'
import { policiesOnTime } from './on-time.ts'
import { seatOf } from './seat.ts'

let opened: Promise<{ server: TestServer; second: Client }> | undefined
const world = () => (opened ??= open())
after(async () => {
  if (opened) await (await opened).server.close()
})

const open = async (): Promise<{ server: TestServer; second: Client }> => {
  const server = await openTestServer()
  const { house } = server
  const made = await house.vault.create(house.system, 'user', {
    values: { name: 'Sam', email: 'sam@example.org', role: 'security-administrator', active: true, language: 'en' },
  })
  await house.identity.setPassword(made.id, testPassword, { actor: house.system })
  const second = await server.signIn('sam@example.org', testPassword)
  return { server, second }
}

const control = async (client: Client): Promise<PolicyControlAnswer> =>
  (await client.ask('GET', '/api/policies/control')).json() as PolicyControlAnswer

test('[server-221] a draft is saved as it was typed, seen by its writer, and known to others by name and time alone', async () => {
  const { server, second } = await world()
  const { admin, sales } = server
  const path = '/api/policies/draft'
  const base = (await control(admin)).versions[0]?.number ?? 0
  const body = { title: 'Tidy up', document: '{"v": 1,', base, revision: null }
  for (const method of ['GET', 'DELETE']) assert.equal((await sales.ask(method, path)).status, 403)
  assert.equal((await sales.ask('PUT', path, { body })).status, 403)
  const saved = (await admin.ask('PUT', path, { body })).json() as PolicyDraftItem
  assert.deepEqual([saved.document, saved.revision, saved.moved], ['{"v": 1,', 1, false])
  assert.equal((await admin.ask('PUT', path, { body })).status, 409)
  const others = (await second.ask('GET', path)).json() as PolicyDraftAnswer
  assert.deepEqual([others.own, others.others[0]?.title, others.others[0]?.name], [null, 'Tidy up', 'Ada Admin'])
  assert.ok(!JSON.stringify(others).includes('"document"'))
  assert.equal((await admin.ask('DELETE', path)).status, 204)
  assert.equal(((await admin.ask('GET', path)).json() as PolicyDraftAnswer).own, null)
})

test('[server-224] what is wrong with a document is answered with its place in both languages, to nobody who may not see the policies', async () => {
  const { server } = await world()
  const { admin, sales } = server
  const { document } = await control(admin)
  const text =
    '@id("own.one")\npermit (principal, action == Action::"list", resource is Deal)\nwhen { resource.amont > 5 };'
  const body = { document: { ...document, policies: [{ id: 'own.one', text }] } }
  assert.equal((await sales.ask('POST', '/api/policies/problems', { body })).status, 403)
  const { problems } = (await admin.ask('POST', '/api/policies/problems', { body })).json() as PolicyProblemsAnswer
  assert.deepEqual(problems.map(({ severity, kind, policy, line }) => [severity, kind, policy, line]), [['error', 'unknown-attribute', 'own.one', 3]]) // prettier-ignore
  assert.match(problems[0]?.words.zh ?? '', /amont.*amount/)
  assert.match(problems[0]?.original ?? '', /not found/)
})

test('[server-222] [server-223] a change is looked at policy by policy, approved for a moment, comes into force on a server nobody asks, and another is withdrawn', async () => {
  const { server, second } = await world()
  const { admin, sales, house } = server
  const { document, zone } = await control(admin)
  assert.ok(zone.length > 0)
  const next = { ...document, defaults: { task: 'public' }, restrictions: [{ name: 'calm', roles: ['sales'], types: ['task'], actions: ['delete'], mode: 'when', conditions: [] }] } // prettier-ignore
  const propose = async (title: string): Promise<string> =>
    ((await admin.ask('POST', '/api/policies/changes', { body: { title, document: next } })).json() as { id: string })
      .id
  const id = await propose('open tasks')
  const shown = (await second.ask('GET', `/api/policies/changes/${id}`)).json() as PolicyChangeAnswer
  assert.deepEqual(shown.differences.map((one) => [one.id, one.before, one.after !== null]), [['default.task', null, true], ['restriction.calm', null, true]]) // prettier-ignore
  assert.equal(Object.values(shown.names).includes('Ada Admin'), true)
  assert.equal((await sales.ask('GET', `/api/policies/changes/${id}`)).status, 403)
  const decide = (at: string | null) =>
    second.ask('POST', `/api/policies/changes/${id}/decision`, { body: { approve: true, reason: 'fine', at } })
  assert.equal((await decide('2020-01-01T00:00:00Z')).status, 422)
  const at = new Date(Date.now() + 3000).toISOString()
  assert.deepEqual((await decide(at)).json(), { number: null })
  const line = (await control(second)).changes.find((one) => one.id === id)
  assert.deepEqual([line?.state, line?.activateAt], ['approved', at])
  const waiting = await propose('another')
  for (const path of ['activate', 'withdraw'])
    assert.equal((await sales.ask('POST', `/api/policies/changes/${waiting}/${path}`, path === 'activate' ? { body: {} } : {})).status, 403, path) // prettier-ignore
  assert.equal((await admin.ask('POST', `/api/policies/changes/${waiting}/withdraw`)).status, 204)
  const onTime = policiesOnTime(seatOf(house), () => undefined)
  await new Promise((resolve) => setTimeout(resolve, 9000))
  await onTime.stop()
  // Asked of the database itself: no request has looked since.
  const versions = await house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    tx.query<{ change_id: string | null }>({ text: 'select change_id from ops.policy_version where active' }),
  )
  assert.equal(versions[0]?.change_id, id)
  const states = new Map((await control(second)).changes.map((one) => [one.id, one.state]))
  assert.deepEqual([states.get(id), states.get(waiting)], ['active', 'withdrawn'])
})

test('[server-280] a change that fails at its moment is an alarm, a notice, and a reason on the change, to who administers policies alone', async () => {
  const { server, second } = await world()
  const { admin, sales, house } = server
  const { document } = await control(admin)
  const propose = async (title: string): Promise<string> => {
    const restrictions = [{ name: 'quiet', roles: ['sales'], types: ['task'], actions: ['export'], mode: 'when', conditions: [] }] // prettier-ignore
    const answer = await admin.ask('POST', '/api/policies/changes', { body: { title, document: { ...document, restrictions } } }) // prettier-ignore
    assert.equal(answer.status, 201, answer.text)
    return (answer.json() as { id: string }).id
  }
  const decide = (id: string, more: object) =>
    second.ask('POST', `/api/policies/changes/${id}/decision`, { body: { approve: true, reason: 'fine', ...more } })
  const late = await propose('Too late')
  assert.equal((await decide(late, { at: new Date(Date.now() + 1500).toISOString() })).status, 200)
  assert.equal((await decide(await propose('First'), {})).status, 200)
  await new Promise((resolve) => setTimeout(resolve, 1600))
  await house.policyControl.tick()
  const line = (await control(second)).changes.find((one) => one.id === late)
  assert.deepEqual([line?.state, line?.failure], ['failed', 'conflict'])
  const { items } = (await second.ask('GET', '/api/alarms')).json() as { items: AlarmItem[] }
  const alarm = items.find(({ kind }) => kind === 'policy-not-activated')
  assert.deepEqual([alarm?.userId, alarm?.detail['change'], alarm?.detail['why']], [null, late, 'conflict']) // prettier-ignore
  const notices = async (who: Client) => ((await who.ask('GET', '/api/notifications')).json() as NotificationsAnswer).items // prettier-ignore
  for (const who of [admin, second]) {
    const [notice] = await notices(who)
    assert.deepEqual([notice?.kind, notice?.by, notice?.record, notice?.hidden], ['policy-failed', null, null, false])
  }
  assert.deepEqual(
    (await notices(sales)).filter(({ kind }) => kind === 'policy-failed'),
    [],
  )
  // Every reason it can have has words in both languages.
  for (const language of ['zh', 'en']) {
    const url = new URL(`../kernel/text/${language}.json`, import.meta.url)
    const { policyChanges } = JSON.parse(await readFile(url, 'utf8')) as { policyChanges: { failures: object } }
    assert.deepEqual(Object.keys(policyChanges.failures).toSorted(), activationFailures.toSorted())
  }
})
