// Erasure over HTTPS: who may, what it asks for, what it hands out.
import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import { readCertificate } from '#vault'
import { paperOf } from './erasure-paper.ts'
import { finishErasures } from './finish-erasures.ts'
import type { ErasureDone, ErasurePreviewAnswer, ErasuresAnswer, ErasureSamePage } from './contract/erasures.ts'

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

test('[server-120] the final step is told before and after, over the interface and on the certificate; it leaves a house at work', async () => {
  const { admin, sales, house } = await server()
  const other = await person(sales)
  const before = (await admin.ask('GET', '/api/erasures')).json() as ErasuresAnswer
  assert.deepEqual([before.closing.erased, before.closing.closed, before.closing.begun], [1, 0, null])
  const [item] = before.items
  const file = (await admin.ask('GET', `/api/erasures/${item?.id ?? ''}/certificate.json`)).text
  const verdict = async (): Promise<{ closed: boolean }> =>
    (await admin.ask('POST', '/api/erasures/verify', { body: { text: file } })).json() as { closed: boolean }
  assert.equal((await verdict()).closed, false)
  const papers = (): readonly string[] =>
    (['zh', 'en'] as const).map((language) => {
      const setting = { language, organisation: '', catalogue: house.vault.catalogue }
      const line = (closed: string | null): string =>
        paperOf(readCertificate(file), { ...setting, closed })
          .lines.map(([, text]) => text)
          .join('\n')
      return `${line(null)}\n${line('2026-01-02T03:04:05Z')}`
    })
  for (const text of papers()) assert.match(text, /holdfast erase finish[^]*2026-01-02T03:04:05Z/)
  const user = await house.staff.findByEmail('admin@example.org')
  const actor = await house.actorOf(user?.id ?? '', { channel: 'cli', ip: '', mfa: true })
  const steps: string[] = []
  const add = (): Promise<string> => house.keys.addRoot('as-before')
  // Interrupted at the root key, as if the process had ended there, and run again.
  const died = new Error('died')
  await assert.rejects(finishErasures({ house, actor, add: () => Promise.reject(died) }), died)
  assert.notEqual(((await admin.ask('GET', '/api/erasures')).json() as ErasuresAnswer).closing.begun, null)
  const done = await finishErasures({ house, actor, add, onStep: (what) => steps.push(what) })
  assert.deepEqual(
    [done?.closing.upTo, done?.dropped.length, done?.repositories.map((one) => one.deleted !== null)],
    [1, 1, [true]],
  )
  assert.deepEqual(steps, ['epoch', 'destroy', 'index', 'root', 'repositories'])
  assert.equal(await finishErasures({ house, actor, add }), null)
  assert.equal((await verdict()).closed, true)
  const { closing } = (await admin.ask('GET', '/api/erasures')).json() as ErasuresAnswer
  assert.deepEqual([closing.closed, closing.done.length, closing.begun], [1, 1, null])
  assert.equal((await sales.ask('GET', `/api/contacts/${other}`)).status, 200)
  assert.equal((await admin.ask('GET', `/api/erasures/${item?.id ?? ''}/certificate.pdf?lang=zh`)).status, 200)
})

test('[server-290] the preview names the same person elsewhere; what is chosen goes along, with a certificate each; what is not stays', async () => {
  const { admin, sales } = await server()
  const made = async (path: string, values: Record<string, string>): Promise<string> =>
    ((await sales.ask('POST', path, { body: { values } })).json() as { id: string }).id
  const lead = await made('/api/leads', { name: 'Lea Linked', mobile: '13800139901', email: 'lea@example.org' })
  const converted = await sales.ask('POST', `/api/leads/${lead}/convert`, { body: {} })
  const { contact, account } = converted.json() as { contact: { id: string }; account: { id: string } }
  const offered = await made('/api/leads', { name: 'L. Linked', email: 'LEA@example.org' })
  const stranger = await made('/api/contacts', { name: 'Some Body', mobile: '13800139902' })
  const asked = await admin.ask('GET', `/api/erasures/preview?type=contact&id=${contact.id}`)
  const preview = asked.json() as ErasurePreviewAnswer
  assert.deepEqual(
    new Map(
      preview.same.map((one) => [one.subject, `${one.why.join()} ${one.records.map(({ type }) => type).join()}`]),
    ),
    new Map([
      [lead, 'link lead'],
      [account.id, 'link account'],
      [offered, 'email lead'],
    ]),
  )
  const { subject } = preview
  const wish = { subject, reason: 'request 9', code: preview.code, password: testPassword }
  for (const also of [[stranger], [lead, stranger]])
    assert.equal(await code(admin.ask('POST', '/api/erasures', { body: { ...wish, also } })), 'bad-input')
  const hold = await admin.ask('POST', '/api/holds', { body: { subject: account.id, reason: 'case 2' } })
  const again = (await admin.ask('GET', `/api/erasures/preview?subject=${subject}`)).json() as ErasurePreviewAnswer
  assert.deepEqual(
    again.same.filter(({ held }) => held).map((one) => one.subject),
    [account.id],
  )
  const all = { ...wish, also: [lead, account.id] }
  assert.equal(await code(admin.ask('POST', '/api/erasures', { body: all })), 'legal-hold')
  assert.equal((await sales.ask('GET', `/api/leads/${lead}`)).status, 200)
  const { id } = hold.json() as { id: string }
  assert.equal(await code(admin.ask('POST', `/api/holds/${id}/lift`, { body: { reason: 'closed' } })), '')
  const done = await admin.ask('POST', '/api/erasures', { body: all })
  assert.equal(done.status, 201, done.text)
  const { number, also } = done.json() as ErasureDone
  assert.deepEqual(
    also.map((one) => [one.subject, one.number]),
    [
      [lead, number + 1],
      [account.id, number + 2],
    ],
  )
  for (const one of also) {
    const file = (await admin.ask('GET', `/api/erasures/${one.id}/certificate.json`)).text
    const verdict = (await admin.ask('POST', '/api/erasures/verify', { body: { text: file } })).json()
    assert.equal((verdict as { ok: boolean }).ok, true)
  }
  for (const path of [`leads/${lead}`, `contacts/${contact.id}`, `accounts/${account.id}`])
    assert.equal((await sales.ask('GET', `/api/${path}`)).status, 404, path)
  for (const path of [`leads/${offered}`, `contacts/${stranger}`])
    assert.equal((await sales.ask('GET', `/api/${path}`)).status, 200, path)
})

test('[server-291] further pages of the same person come from the cursor of the one before, to those who may preview alone', async () => {
  const { admin, manager, sales } = await server()
  const made = async (name: string): Promise<string> =>
    ((await sales.ask('POST', '/api/leads', { body: { values: { name, mobile: '13800137777' } } })).json() as { id: string }).id // prettier-ignore
  const all: string[] = []
  for (let i = 0; i < 104; i++) all.push(await made(`Lead ${String(i)}`))
  const [subject = '', ...others] = all
  const preview = (await admin.ask('GET', `/api/erasures/preview?subject=${subject}`)).json() as ErasurePreviewAnswer
  assert.deepEqual([preview.same.length, preview.unsearched], [100, []])
  const path = `/api/erasures/same?subject=${subject}&after=${encodeURIComponent(preview.nextSame ?? '')}`
  const { same, ...end } = (await admin.ask('GET', path)).json() as ErasureSamePage
  assert.deepEqual(end, { next: null, opened: 0, unread: 0 })
  assert.deepEqual([...preview.same, ...same].map((one) => one.subject).toSorted(), others.toSorted())
  for (const client of [manager, sales]) assert.equal(await code(client.ask('GET', path)), 'denied')
  const bent = await admin.ask('GET', `/api/erasures/same?subject=${subject}&after=x`, { headers: { 'accept-language': 'zh' } }) // prettier-ignore
  assert.equal(bent.status, 400)
  assert.match(bent.text, /分页位置无效/)
})
