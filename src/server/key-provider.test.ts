// Where the root key lives: settings that are wrong are named; a house with data moves its root key out, on, and back.
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createOuterKeys, openKeys } from '#encryption'
import { isFault, services } from '#kernel'
import { exchangeRoot } from '#vault'
import { aliyun, aliyunDouble, aws, awsDouble, transit, vaultDouble } from '../../test/support/key-services.ts'
import { openTestVault } from '../../test/support/vault.ts'
import { readConfig } from './config.ts'
import { connectProvider, readKeyProvider } from './key-provider.ts'
import { openOrCreateKeys } from './keystore.ts'

const wrong = (said: unknown, what: RegExp): void => {
  assert.throws(
    () => readKeyProvider(said),
    (error) => isFault(error, 'config-invalid') && what.test(error.message),
    JSON.stringify(said),
  )
}

test('[server-30] a setting that is missing, unknown, insecure or a secret is named', () => {
  assert.equal(readKeyProvider(undefined), undefined)
  wrong('nonsense', /neither JSON nor a file/)
  wrong([], /expected an object/)
  wrong({ kind: 'hsm' }, /expected one of file, pkcs11, vault, aws, aliyun/)
  wrong({ kind: 'vault', url: 'https://v' }, /vault needs the setting key/)
  wrong({ kind: 'vault', url: 'http://v', key: 'k' }, /url: expected https/)
  wrong({ kind: 'vault', url: 'https://v', key: 'k', token: 's.x' }, /no setting token; secrets belong in a file/)
  wrong({ kind: 'vault', url: 'https://v', key: 'k', roleId: 'r' }, /go together/)
  wrong({ kind: 'pkcs11', module: 'lib.so', token: 't', key: 'k' }, /module: expected an absolute path/)
  wrong({ kind: 'aws', region: 'r', keyId: 'alias/x' }, /alias/)
  wrong({ kind: 'aws', region: 'r', keyId: 'k', timeoutMs: 'soon' }, /timeoutMs: expected a whole number/)
  const said = '{"kind":"aliyun","region":"cn-hangzhou","keyId":"k","maxAgeMinutes":30}'
  assert.deepEqual(readKeyProvider(said), {
    kind: 'aliyun',
    settings: { region: 'cn-hangzhou', keyId: 'k', maxAgeMinutes: '30' },
  })
  assert.equal(readConfig({}, { HOLDFAST_KEY_PROVIDER: said }, tmpdir()).keyProvider?.kind, 'aliyun')
})

test('[server-31] a root key moves file → Vault → AWS → 阿里云 → file under a vault with data, and secrets never reach the keystore', async () => {
  const house = await openTestVault()
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-move-'))
  const [vault, amazon, ali] = [await vaultDouble(), await awsDouble(), await aliyunDouble()]
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  const { id } = await house.vault.create(house.admin, 'account', { values: { name: '海风' } })
  const targets: readonly (readonly [string, Record<string, string>])[] = [
    [
      'vault',
      {
        url: vault.url,
        key: transit.key,
        caFile: await file('v.pem', vault.ca),
        tokenFile: await file('t', `${transit.token}\n`),
      },
    ],
    [
      'aws',
      {
        endpoint: amazon.url,
        region: aws.region,
        keyId: aws.keyId,
        caFile: await file('a.pem', amazon.ca),
        credentialsFile: await file('a.json', JSON.stringify(aws)),
      },
    ],
    [
      'aliyun',
      {
        endpoint: ali.url,
        region: aliyun.region,
        keyId: aliyun.keyId,
        caFile: await file('l.pem', ali.ca),
        credentialsFile: await file('l.json', JSON.stringify(aliyun)),
      },
    ],
  ]
  const connect = (kind: string, settings: Readonly<Record<string, string>>): ReturnType<typeof connectProvider> =>
    connectProvider(kind, settings)
  const { directory } = house.keys
  const move = async (add: (keys: Awaited<ReturnType<typeof openKeys>>) => Promise<string>): Promise<void> => {
    const keys = await openKeys(directory, { connect })
    const { store, journal, tenant } = house
    await exchangeRoot({
      store,
      journal,
      keys,
      scope: { tenant, principal: services.system },
      channel: 'cli',
      add: () => add(keys),
    })
    keys.close()
  }
  for (const [kind, settings] of targets) {
    await move((keys) => keys.addProvider(kind, settings))
    const keys = await openKeys(directory, { connect })
    assert.equal(keys.provider.kind, kind)
    assert.deepEqual((await keys.signer('journal')).publicKey, (await house.journal.keys())[0]?.publicKey)
    keys.close()
    const stored = await readFile(join(directory, 'keystore.json'), 'utf8')
    for (const secret of [transit.token, aws.secretAccessKey, aliyun.accessKeySecret])
      assert.ok(!stored.includes(secret))
  }
  await move((keys) => keys.addRoot({ kind: 'machine' }))
  const last = await openKeys(directory)
  assert.equal(last.provider.kind, 'file')
  assert.equal((await house.vault.get(house.admin, 'account', id)).values['name'], '海风')
  // A secret file that others may read is refused.
  await chmod(join(folder, 't'), 0o644)
  const [kind = '', settings = {}] = targets[0] ?? []
  const loose = await connectProvider(kind, settings)
  await assert.rejects(loose.check?.() ?? Promise.resolve(), (error) => isFault(error, 'keystore-unsafe'))
  loose.close?.()
  await Promise.all([vault.close(), amazon.close(), ali.close()])
  await rm(folder, { recursive: true })
  await house.close()
})

test('[server-31] configuration and keystore must agree; a provider that does not answer stops the start', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-agree-'))
  const service = await vaultDouble()
  await writeFile(join(folder, 'ca.pem'), service.ca)
  await writeFile(join(folder, 'token'), transit.token, { mode: 0o600 })
  const settings = {
    url: service.url,
    key: transit.key,
    caFile: join(folder, 'ca.pem'),
    tokenFile: join(folder, 'token'),
    timeoutMs: '300',
    retries: '0',
  }
  const said = JSON.stringify({ kind: 'vault', ...settings })
  const config = (env: NodeJS.ProcessEnv): ReturnType<typeof readConfig> =>
    readConfig({ data: join(folder, 'data'), keys: join(folder, 'keys') }, env, folder)
  const made = await openOrCreateKeys(config({ HOLDFAST_KEY_PROVIDER: said }), true)
  assert.equal(made.provider.kind, 'vault')
  made.close()
  // The keystore remembers; the configuration need not say it again, but must not say another.
  const again = await openOrCreateKeys(config({}), false)
  assert.equal(again.provider.kind, 'vault')
  again.close()
  await assert.rejects(
    openOrCreateKeys(config({ HOLDFAST_KEY_PROVIDER: '{"kind":"file"}' }), false),
    (error) => isFault(error, 'config-invalid') && error.message.includes('lives with vault'),
  )
  const other = JSON.stringify({ kind: 'vault', ...settings, key: 'another' })
  await assert.rejects(openOrCreateKeys(config({ HOLDFAST_KEY_PROVIDER: other }), false), (error) =>
    isFault(error, 'keystore-foreign'),
  )
  service.disabled = true
  await assert.rejects(openOrCreateKeys(config({}), false), (error) => isFault(error, 'provider-refused'))
  await service.close()
  await assert.rejects(openOrCreateKeys(config({}), false), (error) => isFault(error, 'provider-away'))
  await mkdir(join(folder, 'b'))
  const connect = (kind: string, more: Readonly<Record<string, string>>): ReturnType<typeof connectProvider> =>
    connectProvider(kind, more)
  await assert.rejects(createOuterKeys(join(folder, 'b', 'keys'), 'vault', settings, { connect }), (error) =>
    isFault(error, 'provider-away'),
  )
  await rm(folder, { recursive: true })
})
