// Mail through a real SMTP server: over STARTTLS with its certificate checked, refused, away and back again; links, invitations, notices.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { authenticator } from '../../test/support/authenticator.ts'
import { openRelay } from '../../test/support/relay.ts'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import { services, systemClock } from '#kernel'
import { reviewDaily } from './daily.ts'
import { postMail } from './post.ts'
import { seatOf } from './seat.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const settings = (port: number): Record<string, unknown> => ({
  host: 'localhost',
  port,
  security: 'starttls',
  username: 'crm',
  password: 'relay-secret-91',
  from: 'crm@example.org',
})

const ask = async (client: Client, method: string, path: string, body?: unknown) =>
  client.ask(method, path, body === undefined ? {} : { body })
const codeOf = (answer: { text: string }): string => (JSON.parse(answer.text) as { code: string }).code
const due = (world: TestServer, sql: string): Promise<readonly Record<string, unknown>[]> =>
  world.house.store.transaction({ tenant: world.house.tenant, principal: services.system }, (tx) =>
    tx.query({ text: sql }),
  )
const tick = async (world: TestServer): Promise<number> => {
  const post = postMail(seatOf(world.house), { log: () => undefined, everyMs: 3_600_000 })
  const sent = await post.tick()
  await post.stop()
  return sent
}
const tokenIn = (text = ''): string => /\/new-password#([\w-]{43})/u.exec(text)?.[1] ?? ''

test('[server-176] the mail server is set, its password sealed, and tried with a letter to oneself', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  assert.equal(codeOf(await ask(world.admin, 'POST', '/api/mail/test')), 'mail-not-set')
  assert.equal((await ask(world.sales, 'GET', '/api/mail')).status, 403)
  assert.equal((await ask(world.sales, 'POST', '/api/mail/resume')).status, 403)
  for (const wrong of [
    { port: 0 },
    { host: 'a b' },
    { from: 'nobody' },
    { security: 'none', host: 'mail.example.org' },
  ])
    assert.equal(codeOf(await ask(world.admin, 'POST', '/api/mail', { ...settings(smtp.port), ...wrong })), 'bad-value')
  assert.equal((await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))).status, 204)
  const shown = await ask(world.admin, 'GET', '/api/mail')
  assert.ok(shown.text.includes('"passwordSet":true') && !shown.text.includes('relay-secret'))
  const [row] = await due(world, `select m::text as all from identity.mail_server m`)
  assert.ok(!String(row?.['all']).includes(Buffer.from('relay-secret-91').toString('hex')))
  assert.equal((await ask(world.admin, 'POST', '/api/mail/test')).status, 204)
  assert.deepEqual(smtp.logins, ['crm:relay-secret-91'])
  assert.equal(smtp.letters[0]?.to, 'admin@example.org')
  // Left out, the password stays; for another server it does not.
  const rest = settings(smtp.port)
  delete rest['password']
  await ask(world.admin, 'POST', '/api/mail', rest)
  assert.ok((await ask(world.admin, 'GET', '/api/mail')).text.includes('"passwordSet":true'))
  await ask(world.admin, 'POST', '/api/mail', { ...rest, host: '127.0.0.1' })
  assert.ok((await ask(world.admin, 'GET', '/api/mail')).text.includes('"passwordSet":false'))
  await smtp.close()
})

test('[server-176] a certificate that does not hold, and a server without TLS, are told no password and given no letter', async () => {
  const world = await server()
  for (const how of [{ foreign: true }, { plain: true }]) {
    const smtp = await openRelay(world.house.config.keys, how)
    await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
    const answer = await ask(world.admin, 'POST', '/api/mail/test')
    assert.equal(codeOf(answer), 'mail-refused')
    assert.ok(!answer.text.includes('admin@'), answer.text)
    assert.deepEqual([smtp.letters, smtp.logins], [[], []])
    await smtp.close()
  }
})

test('[server-175] a forgotten password: one answer for all, one letter for its owner, one use, every session ended', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
  await due(world, 'delete from identity.mail')
  const before = await world.signIn('sales@example.org', testPassword)
  const answers = [
    await ask(world.stranger(), 'POST', '/api/reset', { email: ' Sales@example.org' }),
    await ask(world.stranger(), 'POST', '/api/reset', { email: 'nobody@example.org' }),
  ]
  assert.deepEqual(
    answers.map((one) => [one.status, one.text]),
    [
      [204, ''],
      [204, ''],
    ],
  )
  const rows = await due(world, `select m::text as all from identity.mail m`)
  assert.equal(rows.length, 2, 'the same work for both')
  assert.ok(rows.every((row) => !String(row['all']).includes(Buffer.from('example.org').toString('hex'))))
  assert.equal(await tick(world), 1)
  assert.deepEqual(
    smtp.letters.map((one) => one.to),
    ['sales@example.org'],
  )
  const text = smtp.letters[0]?.text ?? ''
  const token = tokenIn(text)
  assert.ok(token !== '' && text.includes(world.url))
  for (const others of ['Ada', 'manager', 'other@', 'North']) assert.ok(!text.includes(others), others)
  assert.ok(!JSON.stringify(await due(world, `select l::text from identity.link l`)).includes(token))
  const finish = (more: object) =>
    ask(world.stranger(), 'POST', '/api/reset/finish', { token, password: 'lunar-cactus-88-tram', ...more })
  assert.equal(codeOf(await finish({ password: 'password1234' })), 'weak-password')
  assert.equal(codeOf(await finish({ token: 'x' })), 'link-invalid')
  assert.equal((await finish({})).status, 204)
  assert.equal(codeOf(await finish({})), 'link-invalid')
  assert.equal((await before.ask('GET', '/api/me')).status, 401)
  await world.signIn('sales@example.org', 'lunar-cactus-88-tram')
  await ask(world.stranger(), 'POST', '/api/reset', { email: 'sales@example.org' })
  await tick(world)
  await due(world, `update identity.link set expires_at = now() - interval '1 second'`)
  const late = tokenIn(smtp.letters.at(-1)?.text)
  assert.ok(late !== '' && late !== token)
  assert.equal(codeOf(await finish({ token: late })), 'link-invalid')
  await smtp.close()
})

test('[identity-175] a mailbox alone does not get past a second factor', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
  const client = await world.signIn('other@example.org', testPassword)
  const key = authenticator(world.url)
  const options = (await ask(client, 'POST', '/api/me/passkeys/begin')).json()
  const made = await ask(client, 'POST', '/api/me/passkeys', { name: 'k', response: key.create(options) })
  assert.equal(made.status, 200)
  await ask(world.stranger(), 'POST', '/api/reset', { email: 'other@example.org' })
  await tick(world)
  const letters = smtp.letters.filter((one) => one.to === 'other@example.org')
  const token = letters.map((one) => tokenIn(one.text)).find((one) => one !== '') ?? ''
  const finish = (more: object) =>
    ask(world.stranger(), 'POST', '/api/reset/finish', { token, password: 'moss-ferry-51-lantern', ...more })
  assert.equal(codeOf(await finish({})), 'code-needed')
  assert.equal(codeOf(await finish({ code: '000000' })), 'sign-in-failed')
  const challenge = async () => (await ask(world.stranger(), 'POST', '/api/passkey/challenge')).json()
  assert.equal(codeOf(await finish({ passkey: key.get(await challenge(), { unverified: true }) })), 'passkey-refused')
  assert.equal((await finish({ passkey: key.get(await challenge()) })).status, 204)
  await smtp.close()
})

test('[server-175] an invitation by e-mail: no password is shown, the link opens the account once', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
  await due(world, 'delete from identity.mail')
  const person = { name: '周小满', email: 'zhou@example.org', role: 'sales', language: 'zh', byMail: true }
  const made = await ask(world.admin, 'POST', '/api/users/invite', person)
  assert.equal(made.status, 201, made.text)
  const { user, password } = made.json() as { user: { id: string }; password: string | null }
  assert.equal(password, null)
  assert.equal(await tick(world), 1)
  const text = smtp.letters[0]?.text ?? ''
  assert.match(text, /周小满，您好/u)
  const first = tokenIn(text)
  assert.equal((await ask(world.admin, 'POST', `/api/users/${user.id}/invitation`)).status, 204)
  await tick(world)
  const second = tokenIn(smtp.letters[1]?.text)
  const finish = (token: string) =>
    ask(world.stranger(), 'POST', '/api/reset/finish', { token, password: 'moss-ferry-51-lantern' })
  assert.equal(codeOf(await finish(first)), 'link-invalid', 'a newer link takes its place')
  assert.equal((await finish(second)).status, 204)
  await world.signIn('zhou@example.org', 'moss-ferry-51-lantern')
  await smtp.close()
})

test('[identity-176] a mail server that is away loses no letter: it is tried again, and nothing personal is logged', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
  await due(world, 'delete from identity.mail')
  await smtp.close()
  await ask(world.stranger(), 'POST', '/api/reset', { email: 'manager@example.org' })
  assert.equal(await tick(world), 0)
  const [row] = await due(world, `select attempts, error, failed_at, next_at > now() as later from identity.mail`)
  assert.deepEqual(row, { attempts: 1, error: 'ESOCKET', failed_at: null, later: true })
  const shown = (await ask(world.admin, 'GET', '/api/mail')).json() as { waiting: number; lastError: string }
  assert.deepEqual([shown.waiting, shown.lastError], [1, 'ESOCKET'])
  assert.equal(await tick(world), 0, 'not before its time')
  const back = await openRelay(world.house.config.keys, { port: smtp.port })
  await due(world, `update identity.mail set next_at = now()`)
  assert.equal(await tick(world), 1)
  assert.deepEqual(
    back.letters.map((one) => one.to),
    ['manager@example.org'],
  )
  assert.deepEqual(await due(world, `select id from identity.mail`), [])
  assert.ok(!world.log.join('\n').includes('@'))
  await back.close()
})

test('[identity-177] a new device, a new password and a new factor are told by e-mail', async () => {
  const world = await server()
  const smtp = await openRelay(world.house.config.keys)
  await ask(world.admin, 'POST', '/api/mail', settings(smtp.port))
  await due(world, 'delete from identity.mail')
  const again = await world.signIn('manager@example.org', testPassword)
  await tick(world)
  assert.equal(smtp.letters.length, 0, 'the same device as before is no news')
  const elsewhere = world.stranger()
  const signed = await elsewhere.ask('POST', '/api/session', {
    body: { email: 'manager@example.org', password: testPassword },
    headers: { 'user-agent': 'another browser' },
  })
  assert.equal(signed.status, 200)
  const changed = await ask(again, 'POST', '/api/me/password', {
    current: testPassword,
    password: 'lunar-cactus-88-tram',
  })
  again.csrf = (changed.json() as { csrf: string }).csrf
  const key = authenticator(world.url)
  await ask(again, 'POST', '/api/me/passkeys', {
    name: 'k',
    response: key.create((await ask(again, 'POST', '/api/me/passkeys/begin')).json()),
  })
  await tick(world)
  const subjects = smtp.letters.map((one) => /Subject: (.*)/u.exec(one.text)?.[1])
  assert.equal(subjects.length, 3, JSON.stringify(subjects))
  for (const [n, what] of ['new device', 'password was changed', 'passkey was added'].entries())
    assert.ok(smtp.letters[n]?.text.includes(what), what)
  await smtp.close()
})

test('[server-281] who must decide in a recertification is written to in their language, with numbers and a link alone, and not of what is done by then', async () => {
  const world = await server()
  const { house, admin, ids } = world
  const smtp = await openRelay(house.config.keys)
  await ask(admin, 'POST', '/api/mail', settings(smtp.port))
  const mona = await house.vault.create(house.system, 'user', {
    values: { name: 'Mona', email: 'mona@example.org', role: 'manager', unit: ids.team, active: true, language: 'zh' },
  })
  await house.identity.setPassword(mona.id, testPassword, { actor: house.system })
  const manager = await world.signIn('mona@example.org', testPassword)
  await house.vault.create(house.system, 'account', { values: { name: 'Customer of ours Ltd' } })
  const { id } = JSON.parse((await ask(admin, 'POST', '/api/recertifications')).text) as { id: string }
  await tick(world)
  const to = (who: string) => smtp.letters.filter((one) => one.to === `${who}@example.org`).map(({ text }) => text)
  assert.deepEqual([to('admin').length, to('mona').length, to('sales').length], [1, 1, 0])
  const [english = ''] = to('admin')
  const [chinese = ''] = to('mona')
  assert.match(english, /\d+ of them, whether it is kept or taken back; the last day is \d{4}-\d\d-\d\d/)
  assert.match(chinese, /其中 \d+ 项须由您确认保留或收回，截止日期为 \d{4}-\d\d-\d\d/)
  for (const text of [english, chinese]) {
    assert.ok(text.includes(`${house.identity.site().origin}/inbox`))
    assert.doesNotMatch(text, /Customer of ours|sales@|North/)
  }
  // A letter that waited while all was decided tells of nothing.
  await house.store.owner((tx) => tx.query({ text: `update ops.recertification set started_at = now() - interval '9 days', due_at = now() + interval '5 days'` })) // prettier-ignore
  assert.ok((await house.recertifications.remind()) >= 2)
  const lines = JSON.parse((await ask(manager, 'GET', `/api/recertifications/${id}/lines`)).text) as { items: { id: string; mine: boolean }[] } // prettier-ignore
  const mine = lines.items.filter((one) => one.mine).map((one) => one.id)
  await ask(manager, 'POST', `/api/recertifications/${id}/decide`, { lines: mine, decision: 'keep', reason: 'needed' })
  await tick(world)
  assert.deepEqual([to('admin').length, to('mona').length], [2, 1])
  assert.match(to('admin')[1] ?? '', /is due soon/)
  // The daily look reminds by itself.
  await house.store.owner((tx) =>
    tx.query({ text: `update ops.recertification set due_at = now() - interval '1 minute'` }),
  )
  const daily = reviewDaily(seatOf(house), { clock: systemClock, log: () => undefined, everyMs: 0 })
  await daily.tick()
  await daily.stop()
  await tick(world)
  assert.match(to('admin')[2] ?? '', /is overdue/)
  await ask(admin, 'POST', `/api/recertifications/${id}/finish`)
  await smtp.close()
})

test('[server-281] that emergency access was opened is written to whoever answers for it, without names; not once it was reviewed', async () => {
  const world = await server()
  const { house, admin, ids } = world
  const smtp = await openRelay(house.config.keys)
  await ask(admin, 'POST', '/api/mail', settings(smtp.port))
  const { id } = await house.vault.create(house.system, 'account', { values: { name: 'Burnt Ltd' } })
  const sales = await house.actorOf(ids.sales, { channel: 'web', ip: '', mfa: true })
  const open = () =>
    house.breakGlass.open(sales, { type: 'account', scope: 'record', of: id, reason: 'fire', minutes: 30 })
  await open()
  await tick(world)
  assert.deepEqual(smtp.letters.map(({ to }) => to), ['admin@example.org']) // prettier-ignore
  const [text = ''] = smtp.letters.map((one) => one.text)
  assert.match(text, /for 30 minutes/)
  assert.ok(text.includes(`${house.identity.site().origin}/emergency`))
  assert.doesNotMatch(text, /Burnt|sales@|fire/)
  // Reviewed before the letter's turn came.
  const second = await open()
  await house.breakGlass.end(sales, second.id)
  await house.breakGlass.review(
    await house.actorOf(ids.admin, { channel: 'web', ip: '', mfa: true }),
    second.id,
    true,
    'a fire',
  )
  await tick(world)
  assert.equal(smtp.letters.length, 1)
  await smtp.close()
})
