// Erasure over HTTPS: who may, what it asks for, what it hands out.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import type { ErasureDone, ErasurePreviewAnswer, ErasuresAnswer } from './contract/erasures.ts'

let opened: Promise<TestServer> | undefined
const server = (): Promise<TestServer> => (opened ??= openTestServer())
after(async () => {
  if (opened) await (await opened).close()
})

const person = async (client: Client): Promise<string> =>
  (
    (
      await client.ask('POST', '/api/contacts', { body: { values: { name: 'Olga Other', mobile: '13800138001' } } })
    ).json() as { id: string }
  ).id

const code = async (asked: ReturnType<Client['ask']>): Promise<string> => {
  const answer = await asked
  return answer.status < 400 ? '' : (answer.json() as { code: string }).code
}

test('[server-1] a person is erased by an administrator alone, with the password and the code of the preview', async () => {
  const { admin, manager, sales, house } = await server()
  await house.backups.create({ type: 'full', repo: house.config.repository })
  const id = await person(sales)
  const asked = await admin.ask('GET', `/api/erasures/preview?type=contact&id=${id}`)
  const preview = asked.json() as ErasurePreviewAnswer
  assert.deepEqual([preview.subject, preview.keys, preview.records.length, preview.backupDays], [id, 1, 1, 30])
  const wish = { subject: preview.subject, reason: 'request 1', code: preview.code, password: testPassword }
  for (const client of [manager, sales]) {
    assert.equal(await code(client.ask('GET', `/api/erasures/preview?type=contact&id=${id}`)), 'denied')
    assert.equal(await code(client.ask('POST', '/api/erasures', { body: wish })), 'denied')
    assert.equal(await code(client.ask('GET', '/api/erasures')), 'denied')
  }
  const wrong = { ...wish, password: 'not the password' }
  assert.equal(await code(admin.ask('POST', '/api/erasures', { body: wrong })), 'sign-in-failed')
  assert.equal(await code(admin.ask('POST', '/api/erasures', { body: { ...wish, code: 'x' } })), 'not-confirmed')
  const hold = (await admin.ask('POST', '/api/holds', { body: { subject: id, reason: 'case 1' } })).json() as {
    id: string
  }
  assert.equal(await code(admin.ask('POST', '/api/erasures', { body: wish })), 'legal-hold')
  assert.equal(await code(admin.ask('POST', `/api/holds/${hold.id}/lift`, { body: { reason: 'closed' } })), '')
  const done = await admin.ask('POST', '/api/erasures', { body: wish })
  assert.equal(done.status, 201, done.text)
  const { id: erasure, repositories } = done.json() as ErasureDone
  assert.deepEqual(
    repositories.map((one) => one.deleted),
    [1],
  )
  assert.equal((await sales.ask('GET', `/api/contacts/${id}`)).status, 404)
  const ledger = (await admin.ask('GET', '/api/erasures')).json() as ErasuresAnswer
  assert.deepEqual([ledger.items.length, ledger.items[0]?.id, ledger.holds.length], [1, erasure, 1])
  const file = await admin.ask('GET', `/api/erasures/${erasure}/certificate.json`)
  assert.match(String(file.headers['content-disposition']), /holdfast-erasure-1\.json/)
  const verdict = (await admin.ask('POST', '/api/erasures/verify', { body: { text: file.text } })).json()
  assert.equal((verdict as { ok: boolean }).ok, true)
  const forged = file.text.replace('request 1', 'request 2')
  assert.equal(await code(admin.ask('POST', '/api/erasures/verify', { body: { text: forged } })), 'certificate-invalid')
  for (const lang of ['zh', 'en']) {
    const paper = await admin.ask('GET', `/api/erasures/${erasure}/certificate.pdf?lang=${lang}`)
    assert.ok(paper.status === 200 && paper.text.startsWith('%PDF-'))
  }
  const review = await house.review.run(house.system.principal.id, { channel: 'cli' })
  assert.equal(review.controls.find((control) => control.id === 'BKP-05')?.state, 'pass')
})
