// The key service goes away while the house serves: what is open is read on for the stated time, no new subject is written, nothing lies in
// plaintext; it comes back, and is killed for good.
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { transit, vaultDouble } from '../../test/support/key-services.ts'
import { type Answer, openTestServer } from '../../test/support/server.ts'

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

test('[server-122] [encryption-65] while the key service is away a server reads on for the stated time, makes no new subject and writes no plaintext', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-away-'))
  const service = await vaultDouble()
  await writeFile(join(folder, 'ca.pem'), service.ca)
  await writeFile(join(folder, 'token'), transit.token, { mode: 0o600 })
  const settings = {
    url: service.url,
    key: transit.key,
    caFile: join(folder, 'ca.pem'),
    tokenFile: join(folder, 'token'),
  }
  const provider = { kind: 'vault', ...settings, timeoutMs: 300, retries: 0, maxAgeMinutes: 1 }
  const server = await openTestServer({ env: { HOLDFAST_KEY_PROVIDER: JSON.stringify(provider) } })
  try {
    const { sales, house } = server
    const create = (name: string): Promise<Answer> =>
      sales.ask('POST', '/api/contacts', { body: { values: { name, mobile: '13800138001', notes: `${name} notes` } } })
    const codeOf = (answer: Answer): string => (answer.json() as { code?: string }).code ?? ''
    const { id, version } = (await create('Before Away')).json() as { id: string; version: number }
    const counts = async (): Promise<readonly unknown[]> =>
      house.store.owner((tx) =>
        tx.query({
          text: `select (select count(*)::int from crm.contact) as contacts, (select count(*)::int from keyring.subject_key) as keys,
                   (select count(*)::int from journal.entry where act = 'record.create') as entries,
                   (select count(*)::int from crm.contact c where to_jsonb(c)::text ~ 'Newcomer|13800138') +
                   (select count(*)::int from journal.entry e where to_jsonb(e)::text ~ 'Newcomer|13800138') as plain`,
        }),
      )
    const before = await counts()
    // Away: every request is dropped. A new subject asks for its provider where the last answer is older than five seconds.
    service.next.push(...Array.from({ length: 500 }, () => 'drop' as const))
    const away = performance.now()
    await pause(5_200)
    const read = await sales.ask('GET', `/api/contacts/${id}`)
    assert.equal(read.status, 200, read.text)
    assert.equal((read.json() as { values: { name: string } }).values.name, 'Before Away')
    assert.equal((await sales.ask('GET', '/api/contacts')).status, 200)
    const refused = await create('Newcomer')
    assert.equal(codeOf(refused), 'provider-away', refused.text)
    assert.ok(refused.status >= 500 && /vault/i.test(refused.text) && !refused.text.includes('Newcomer'))
    assert.deepEqual(await counts(), before, 'no row, no key, no entry, no plaintext')
    const change = { version, values: { notes: 'written under a key that is open' } }
    const changed = await sales.ask('PATCH', `/api/contacts/${id}`, { body: change })
    assert.equal(changed.status, 200, changed.text)
    // Back: the next one is made.
    service.next.length = 0
    assert.equal((await create('Welcome Back')).status, 201)
    // Killed for good: for the stated minute it goes on, then nothing opens.
    await service.close()
    const killed = performance.now()
    await pause(5_200)
    assert.equal(codeOf(await create('Newcomer')), 'provider-away')
    assert.equal((await sales.ask('GET', `/api/contacts/${id}`)).status, 200)
    await pause(Math.max(0, killed + 61_000 - performance.now()))
    assert.ok(killed > away)
    const expired = await sales.ask('GET', `/api/contacts/${id}`)
    assert.equal(codeOf(expired), 'provider-expired', expired.text)
    assert.ok(!expired.text.includes('Before Away'))
    assert.notEqual((await create('Newcomer')).status, 201)
    const [now] = (await counts()) as readonly { readonly plain: number; readonly contacts: number }[]
    assert.equal(now?.plain, 0)
    assert.equal(now.contacts, 2)
  } finally {
    await server.close()
    await service.close().catch(() => undefined)
    await rm(folder, { recursive: true })
  }
})
