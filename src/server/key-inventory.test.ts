// The inventory of a running house: what it has, for whom, and that no key is in it.
import assert from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { test } from 'node:test'
import { isFault } from '#kernel'
import { schemaErrors } from '../../test/support/cyclonedx.ts'
import { openTestServer, testPassword } from '../../test/support/server.ts'
import type { KeysAnswer } from './contract.ts'
import { inventoryOf } from './key-inventory.ts'
import type { House } from './house.ts'
import { certificateFor } from './tls.ts'

interface Component {
  readonly 'bom-ref': string
  readonly name: string
  readonly cryptoProperties: {
    readonly assetType: string
    readonly relatedCryptoMaterialProperties?: {
      readonly state: string
      readonly algorithmRef: string
      readonly creationDate?: string
    }
  }
  readonly properties?: readonly { readonly name: string; readonly value: string }[]
}

test('[server-70] the inventory shows every key as it stands, to an administrator alone, and follows a change of profile', async () => {
  const { admin, manager, sales, stranger, house, close } = await openTestServer()
  for (const client of [manager, sales]) assert.equal((await client.ask('GET', '/api/keys/cbom')).status, 403)
  assert.equal((await stranger().ask('GET', '/api/keys/cbom')).status, 401)
  const read = async (): Promise<readonly Component[]> => {
    const reply = await admin.ask('GET', '/api/keys/cbom')
    assert.equal(reply.status, 200, reply.text)
    const bom = reply.json() as { specVersion: string; components: readonly Component[] }
    assert.equal(bom.specVersion, '1.6')
    assert.equal(await schemaErrors(bom), null)
    return bom.components
  }
  const of = (components: readonly Component[], start: string): readonly (string | undefined)[] =>
    components
      .filter(({ 'bom-ref': ref }) => ref.startsWith(start))
      .map(
        ({ 'bom-ref': ref, cryptoProperties: { relatedCryptoMaterialProperties: key } }) =>
          key && `${ref.slice(start.length)} ${key.state} ${key.algorithmRef}`,
      )
  const use = (components: readonly Component[], name: string): string | undefined =>
    components.find((component) => component.name === name)?.properties?.[0]?.value

  // The data map names the suites that the bytes of the cells say, of sealed fields alone.
  const suitesIn = async (): Promise<ReadonlySet<string>> => {
    const { fields, record } = (await admin.ask('GET', '/api/keys')).json() as KeysAnswer
    assert.ok(record.zh !== '' && record.en !== '')
    for (const { storage, suites } of fields) if (storage === 'plain') assert.deepEqual(suites, [])
    return new Set(fields.flatMap(({ suites }) => suites.map(({ suite }) => suite)))
  }
  assert.deepEqual([...(await suitesIn())], ['AES-256-GCM'])
  const before = await read()
  assert.equal(of(before, 'key/root/').length, 1)
  assert.deepEqual(of(before, 'key/epoch/'), [
    '1/wrapping active algorithm/aes-256-gcm',
    '1/capture active algorithm/hpke-x25519',
  ])
  assert.ok(of(before, 'key/named/signer/').includes('journal active algorithm/ed25519'))
  assert.deepEqual(of(before, 'key/index/'), ['1 active algorithm/hmac-sha256'])
  assert.equal(use(before, 'SM2 with SM4-GCM'), 'offered')
  const ages = before.filter(({ 'bom-ref': ref }) => /^key\/(root|epoch|data|index)/.test(ref))
  for (const { cryptoProperties } of ages)
    assert.match(cryptoProperties.relatedCryptoMaterialProperties?.creationDate ?? '', /^20\d\d-/)

  const body = { what: 'profile', profile: 'gm', password: testPassword }
  assert.equal((await admin.ask('POST', '/api/keys/rotations', { body })).status, 202)
  await house.jobs.resume()
  assert.deepEqual([...(await suitesIn())], ['SM4-GCM'])
  const after = await read()
  assert.deepEqual(of(after, 'key/epoch/'), [
    '1/wrapping deactivated algorithm/aes-256-gcm',
    '1/capture deactivated algorithm/hpke-x25519',
    '2/wrapping active algorithm/sm4-gcm',
    '2/capture active algorithm/sm2-with-sm4-gcm',
  ])
  assert.equal(use(after, 'SM2 with SM4-GCM'), 'in use')
  assert.match(of(after, 'key/index/')[0] ?? '', /active algorithm\/hmac-sm3$/)

  // Neither the sealed nor the open form of any named key is in it.
  const text = JSON.stringify(after)
  for (const { sealed } of await house.keys.named.list())
    for (const encoding of ['hex', 'base64', 'base64url'] as const)
      assert.ok(!text.includes(Buffer.from(sealed).toString(encoding)))
  await close()
})

test('[server-71] the certificate that is served and the authorities configured are in it; a file that is none is named', async (t) => {
  const { house, admin, close } = await openTestServer()
  t.after(close)
  const { cert, key } = await certificateFor({ keys: house.config.keys })
  const [leaf = '', authority = ''] = cert.split(/(?<=-----END CERTIFICATE-----)/)
  const file = join(house.config.keys, 'programs.pem')
  await writeFile(file, authority)
  const under = (config: Partial<House['config']>): House =>
    Object.create(house, { config: { value: { ...house.config, ...config } } }) as House
  interface Listed {
    readonly name: string
    readonly cryptoProperties: { readonly assetType: string; readonly certificateProperties?: { readonly issuerName: string } } // prettier-ignore
    readonly properties: readonly { readonly name: string; readonly value: string }[]
  }
  const listed = (bom: unknown): readonly (readonly string[])[] =>
    (bom as { readonly components: readonly Listed[] }).components.flatMap((one) =>
      one.cryptoProperties.assetType === 'certificate'
        ? [
            [
              one.name,
              one.cryptoProperties.certificateProperties?.issuerName ?? '',
              ...one.properties.flatMap(({ name, value }) => (name === 'holdfast:for' ? [value] : [])),
            ],
          ]
        : [],
    )
  const made = await inventoryOf(under({ tlsClientCa: file }))
  assert.equal(await schemaErrors(made), null)
  const [first, second] = listed(made)
  const by = first?.[1] ?? ''
  assert.match(by, /^CN=Holdfast local authority/)
  // The mail server of the tests has its certificate of the same authority.
  assert.deepEqual(first, ['CN=localhost', by, 'TLS of this server'])
  assert.deepEqual(second?.slice(0, 4), [by, by, 'TLS of this server', 'authority for certificates of programs'])
  assert.equal(listed(made).length, 2)
  // Over the interface, as it is configured.
  assert.equal(listed((await admin.ask('GET', '/api/keys/cbom')).json()).length, 2)
  assert.ok(leaf.includes('BEGIN'))
  for (const line of key.split('\n').filter((one) => one.length > 30)) assert.ok(!JSON.stringify(made).includes(line))
  // Of the database, as its URL names it.
  const link: House['store']['link'] = { transport: 'tcp', verified: true, authorities: file }
  const store = Object.create(house.store, { link: { value: link } }) as House['store']
  const away = listed(await inventoryOf(Object.create(under({}), { store: { value: store } }) as House))
  assert.ok(away[1]?.includes('authority for the certificate of the database'), JSON.stringify(away))
  await writeFile(file, key)
  for (const name of ['tlsClientCa', 'mailCa', 'webhookCa'] as const)
    await assert.rejects(
      inventoryOf(under({ [name]: file })),
      (error) => isFault(error, 'config-invalid') && error.message.includes(name),
    )
  await assert.rejects(inventoryOf(under({ mailCa: join(house.config.keys, 'none.pem') })), (error) => isFault(error, 'config-invalid')) // prettier-ignore
})
