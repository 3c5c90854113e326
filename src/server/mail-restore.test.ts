// Mail over a backup and a restore: a house that is brought back writes to nobody until somebody says so.
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { services } from '#kernel'
import { command } from '../../test/support/command.ts'
import { openOrigin } from '../../test/support/origin.ts'
import { openRelay } from '../../test/support/relay.ts'
import { clientOf, testPassword } from '../../test/support/server.ts'
import { openHouse } from './app.ts'
import { bringBack } from './bring-back.ts'
import type { House } from './house.ts'
import { listen } from './listen.ts'
import { postMail } from './post.ts'
import { seatOf } from './seat.ts'

test('[backup-124] [identity-194] [server-285] a restored house sends no letter and keeps none until its mail server is set in use again', async () => {
  const origin = await openOrigin()
  const { folder, keys, email, userId, first, config } = origin
  const relay = await openRelay(keys)
  after(() => relay.close())
  const server = { host: 'localhost', port: relay.port, security: 'starttls', username: 'crm', from: 'crm@example.org' } as const // prettier-ignore
  const by = { actor: first.system, id: userId }
  await first.identity.mail.setServer({ ...server, password: 'relay-secret-91' }, by)
  await first.identity.mail.askReset(email)
  assert.equal((await first.identity.mail.state()).waiting, 1)
  await first.backups.create({ type: 'full', repo: first.config.repository })
  const identity = await origin.identity()
  await first.close()

  const { mail } = await bringBack(config('second'), { identity, channel: 'cli' })
  assert.equal(mail, true)
  const second = await openHouse(config('second'), { create: false })
  const running = await listen(second, { port: 0, log: () => undefined })
  after(async () => {
    await running.close()
    await second.close()
    await origin.remove()
  })
  const stranger = clientOf(running.url, await readFile(join(keys, 'tls', 'authority.crt'), 'utf8'))
  const admin = clientOf(running.url, await readFile(join(keys, 'tls', 'authority.crt'), 'utf8'))
  const signed = await admin.ask('POST', '/api/session', { body: { email, password: testPassword } })
  admin.csrf = (signed.json() as { csrf: string }).csrf
  const post = async (path: string, body?: unknown): Promise<unknown> => {
    const { status, text } = await admin.ask('POST', path, body === undefined ? {} : { body })
    return status < 300 ? status : (JSON.parse(text) as { code: string }).code
  }
  const settings = async () => (await admin.ask('GET', '/api/mail')).json() as { server: { paused: boolean; passwordSet: boolean; host: string }; waiting: number } // prettier-ignore
  const asked = async (): Promise<number> => {
    await stranger.ask('POST', '/api/reset', { body: { email } })
    const { waiting } = await second.identity.mail.state()
    return waiting
  }
  const places = ['--data', join(folder, 'second'), '--keys', keys, '--json']
  const finding = async (): Promise<unknown> => {
    const { findings } = (await command(['doctor', ...places], folder)).json() as { findings: { name: string; ok: boolean; what: string }[] } // prettier-ignore
    const found = findings.find(({ name }) => name === 'mail')
    return [found?.ok, found?.what.slice(0, 6)]
  }
  const colleague = { name: 'Sam', email: 'sam@example.org', role: 'sales', teamId: null, language: 'en', byMail: true }

  assert.equal((await second.identity.mail.state()).waiting, 0, 'what waited in the backup is gone')
  assert.deepEqual((await acts(second, 'backup.restore'))[0], { erasures: 0, records: 0, webhooks: 0, mail: true })
  assert.deepEqual([await asked(), await tick(second), relay.letters], [0, 0, []])
  // Also one that is there by whatever way is not sent.
  await second.store.owner((tx) =>
    tx.query({
      text: `insert into identity.mail (tenant_id, id, kind, user_id, next_at, created_at) values ($1, $2, 'invite', $2, now(), now())`,
      values: [second.tenant, userId],
    }),
  )
  assert.deepEqual([await tick(second), relay.letters], [0, []])
  await second.store.owner((tx) => tx.query({ text: `delete from identity.mail` }))
  assert.equal(await post('/api/users/invite', colleague), 'mail-paused')
  assert.equal(await post(`/api/users/${userId}/invitation`), 'mail-paused')
  assert.equal(await post('/api/mail/test'), 'mail-paused')
  assert.equal(await second.identity.mail.isSet(), false, 'the pages offer one-time passwords in place of letters')
  // Other settings alone are no word that letters may go.
  assert.equal(await post('/api/mail', server), 204)
  const { host, passwordSet, paused } = (await settings()).server
  assert.deepEqual([host, passwordSet, paused], ['localhost', true, true])
  assert.deepEqual(await finding(), [false, 'paused'])
  assert.equal((await stranger.ask('POST', '/api/mail/resume')).status, 401)

  assert.equal(await post('/api/mail/resume'), 204)
  assert.equal(await post('/api/mail/resume'), 204)
  assert.equal((await acts(second, 'mail-server.resume')).length, 1)
  assert.deepEqual(await finding(), [true, 'a mail'])
  assert.equal((await settings()).server.paused, false)
  assert.deepEqual([await asked(), await tick(second)], [1, 1])
  assert.deepEqual([relay.letters.map(({ to }) => to), relay.logins], [[email], ['crm:relay-secret-91']])
})

const tick = async (house: House): Promise<number> => {
  const post = postMail(seatOf(house), { log: () => undefined, everyMs: 3_600_000 })
  const sent = await post.tick()
  await post.stop()
  return sent
}

const acts = async (house: House, act: string): Promise<readonly unknown[]> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const { items } = await house.store.transaction(scope, (tx) => house.journal.list(tx, house.tenant, { act }))
  return items.map(({ detail }) => detail)
}
