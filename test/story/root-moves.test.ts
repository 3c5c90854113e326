// The root key on its way from a file to custody shares, into a token, to a key service and back into a file, by a process of its own that
// dies by SIGKILL after one lasting step or another. Every death meets the state of before; the house opens, and the move is taken up again.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { shippedPolicies } from '#access'
import {
  checkShares,
  createKeys,
  createTokenKey,
  type Keys,
  keystoreHomes,
  openKeys,
  shareTexts,
  wrappedBy,
} from '#encryption'
import { createJournal } from '#journal'
import { type Actor, isFault, services, systemClock } from '#kernel'
import type { Store } from '#store'
import { createVault, exchangeRoot, keepNamedKeys, type OpenVault } from '#vault'
import { connectProvider } from '../../src/server/key-provider.ts'
import { catalogue, type Child, openTestDatabase, runChild, type TestDatabase } from '../support/index.ts'
import { type KeyService, transit, vaultDouble } from '../support/key-services.ts'

const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find((path) =>
  existsSync(path),
)

// The exchange in a process that ends itself after the lasting step of that number: a file written, a file put in its place, a transaction
// committed.
const code = `
import fs from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { createInterface } from 'node:readline'
let [at, steps] = [0, 0]
const step = () => {
  if (++steps !== at) return
  process.kill(process.pid, 'SIGKILL')
  for (;;);
}
const { rename } = fs
fs.rename = async (...names) => { step(); await rename(...names); step() }
syncBuiltinESMExports()
const { openKeys } = await import('#encryption')
const { openStore } = await import('#store')
const { createJournal } = await import('#journal')
const { exchangeRoot } = await import('#vault')
const { services, systemClock } = await import('#kernel')
const { catalogue } = await import('#crm')
const { railWalls } = await import('#access')
const { connectProvider } = await import('./src/server/key-provider.ts')
const add = (keys, { kind, settings, delivered }) => async () => {
  if (kind === 'file') return keys.addRoot({ kind: 'machine' })
  if (kind !== 'shares') return keys.addProvider(kind, settings)
  return keys.addRoot({ kind: 'shares', threshold: 2, of: 3, deliver: async (texts) => {
    await fs.mkdir(delivered)
    await fs.writeFile(delivered + '/shares', texts.join('\\n\\n'))
  } })
}
const writing = (tx, wrote) => ({
  query: (sql) => { if (/^\\s*(insert|update|delete)/i.test(sql.text)) wrote(); return tx.query(sql) },
  copyIn: (text, source) => { wrote(); return tx.copyIn(text, source) },
  copyOut: (text) => tx.copyOut(text),
  asHouse: (work) => tx.asHouse(work),
})
const move = async (task) => {
  const keys = await openKeys(task.directory, { shares: task.shares, connect: connectProvider })
  await keys.provider.check?.()
  const real = await openStore({ data: task.data, databaseUrl: task.url, appDatabaseUrl: task.appUrl, catalogue, walls: railWalls(catalogue) })
  const store = { ...real, transaction: async (scope, work, options) => {
    let wrote = false
    const result = await real.transaction(scope, (tx) => work(writing(tx, () => { wrote = true })), options)
    if (wrote) step()
    return result
  } }
  const journal = createJournal({ store, clock: systemClock, signer: await keys.signer('journal'), origin: 'test.local/' + task.tenant })
  steps = 0
  at = task.at
  const scope = { tenant: task.tenant, principal: services.system }
  await exchangeRoot({ store, journal, keys, scope, channel: 'cli', add: add(keys, task) })
  console.log(String(steps))
  process.exit(0)
}
for await (const line of createInterface({ input: process.stdin })) await move(JSON.parse(line))
`

test('[house-121] a root key on its way file → shares → token → key service → file survives kill -9 after every lasting step', async (t) => {
  if (!module) return t.skip('skipped: needs softhsm2')
  const house = await openHouse(module)
  const { directory } = house
  let kills = 0
  try {
    await house.works(() => Promise.resolve())
    for (const kind of ['shares', 'pkcs11', 'vault', 'file'] as const) {
      if (kind === 'pkcs11') await createTokenKey({ ...house.token, pin: () => Promise.resolve('246810') })
      const [old] = await keystoreHomes(directory)
      assert.ok(old)
      await house.keep()
      for (let at = 1; ; at++) {
        const end = await house.move(kind, at)
        if (end === 0) break
        assert.equal(end, 'SIGKILL')
        kills++
        const homes = await keystoreHomes(directory)
        const over = homes.length === 1 && homes[0]?.fingerprint !== old.fingerprint
        // What a person does next: opens the house, works, and asks for the move again.
        await house.works(async (keys, opened) => {
          if (!over) await house.again(keys, kind)
          await demandMoved(house, keys, opened, old.fingerprint)
        })
        await house.putBack()
      }
      const [home, ...others] = await keystoreHomes(directory)
      assert.deepEqual([home?.protection, others.length], [protectionOf[kind], 0])
      await house.works((keys, opened) => demandMoved(house, keys, opened, old.fingerprint))
    }
    assert.ok(kills >= 48, `only ${String(kills)} kills`)
    t.diagnostic(`${String(kills)} processes killed, ${String(house.written())} records written in between`)
    await assert.rejects(house.opensWith(house.first), (error) => isFault(error, 'keystore-foreign'))
  } finally {
    await house.close()
  }
})

const protectionOf = { shares: 'shares', pkcs11: 'provider', vault: 'provider', file: 'machine' } as const
type Kind = keyof typeof protectionOf

/** Nothing is under the old root key any more, and both ends of the move are told. */
const demandMoved = async (house: Moving, keys: Keys, opened: OpenVault, old: string): Promise<void> => {
  const { fingerprint } = keys.provider
  assert.notEqual(fingerprint, old)
  const wrapped = await house.store.owner((tx) =>
    tx.query<{ bytes: Uint8Array }>({
      text: `select unnest(array[sym_wrapped, index_wrapped, hpke_wrapped]) as bytes from keyring.epoch union all
             select unnest(array[wrapped, import_wrapped]) from keyring.search_generation union all
             select sealed from keyring.named_key`,
    }),
  )
  assert.ok(wrapped.length >= 7)
  assert.deepEqual([...new Set(wrapped.map(({ bytes }) => wrappedBy(bytes)))], [fingerprint])
  const told = await house.told()
  assert.ok(told.some(({ act, detail }) => act === 'key.root-add' && detail['fingerprint'] === fingerprint))
  assert.ok(told.some(({ act, detail }) => act === 'key.root-drop' && String(detail['fingerprints']).includes(old)))
  // Nor does the old one lie in what a process left that died while writing.
  assert.deepEqual(
    (await readdir(house.directory)).filter((name) => !name.endsWith('.json')),
    [],
  )
  await house.reads(opened)
}

interface Moving {
  readonly directory: string
  readonly token: { readonly module: string; readonly token: string; readonly key: string; readonly pinFile: string }
  readonly store: Store
  /** The key directory as it was at first. */
  readonly first: string
  written(): number
  /** Keeps the keys of now, in the directory and in the database, for putBack. */
  keep(): Promise<void>
  putBack(): Promise<void>
  /** Moves the root key in a process that dies after that many steps; how it ended. */
  move(kind: Kind, at: number): Promise<number | string>
  /** Moves it in this process. */
  again(keys: Keys, kind: Kind): Promise<void>
  /** Opens the house with what a person has in hand, as a start does; reads, writes, and does what else is asked. */
  works(work: (keys: Keys, opened: OpenVault) => Promise<void>): Promise<void>
  reads(opened: OpenVault): Promise<void>
  opensWith(directory: string): Promise<void>
  told(): Promise<readonly { act: string; detail: Readonly<Record<string, unknown>> }[]>
  close(): Promise<void>
}

const openHouse = async (module: string): Promise<Moving> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-moves-'))
  const database = await openTestDatabase()
  const service = await vaultDouble()
  const { store, tenant } = database
  const scope = { tenant, principal: services.system }
  const [directory, kept, first] = ['keys', 'kept', 'first'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ]
  const before = process.env['SOFTHSM2_CONF']
  const places = await placesOf(folder, module, service)
  const { keys: made } = await createKeys(directory)
  const secret = Buffer.from(await made.secret('throttle')).toString('hex')
  await made.signer('journal')
  await keepNamedKeys(store, made, scope)
  made.close()
  await cp(directory, first, { recursive: true })
  const names: string[] = []
  let sets = 0
  let next: Child | undefined

  const open = async (keys: Keys): Promise<OpenVault> => {
    const signer = await keys.signer('journal')
    const journal = createJournal({ store, clock: systemClock, signer, origin: `test.local/${tenant}` })
    return createVault({ store, journal, keys, catalogue, clock: systemClock, tenant, policies: shippedPolicies() })
  }
  const settingsOf = (kind: Kind): Readonly<Record<string, string>> =>
    kind === 'pkcs11' ? places.token : kind === 'vault' ? places.vault : {}
  const reads = async ({ vault }: OpenVault): Promise<void> => {
    const page = await vault.list(actorOf(tenant), 'contact', { limit: 200 })
    assert.deepEqual(page.items.map(({ values }) => values['name']).toSorted(), names.toSorted())
  }
  return {
    directory,
    token: places.token,
    store,
    first,
    written: () => names.length,
    keep: async () => {
      await rm(kept, { recursive: true, force: true })
      await cp(directory, kept, { recursive: true })
      await store.owner(async (tx) => {
        await tx.query({ text: 'drop schema if exists kept cascade' })
        await tx.query({ text: 'create schema kept' })
        for (const table of ['epoch', 'search_generation', 'named_key'])
          await tx.query({ text: `create table kept.${table} as table keyring.${table}` })
      })
    },
    putBack: async () => {
      await rm(directory, { recursive: true })
      await cp(kept, directory, { recursive: true })
      await store.owner(async (tx) => {
        for (const text of [
          `update keyring.epoch e set sym_wrapped = k.sym_wrapped, index_wrapped = k.index_wrapped, hpke_wrapped = k.hpke_wrapped
           from kept.epoch k where (k.tenant_id, k.epoch) = (e.tenant_id, e.epoch)`,
          `update keyring.search_generation g set wrapped = k.wrapped, import_wrapped = k.import_wrapped
           from kept.search_generation k where (k.tenant_id, k.generation) = (g.tenant_id, g.generation)`,
          'delete from keyring.named_key',
          'insert into keyring.named_key table kept.named_key',
        ])
          await tx.query({ text })
      })
    },
    move: async (kind, at) => {
      const child = next ?? runChild(code)
      // The next one reads its modules while this one works.
      next = runChild(code)
      const { data, url, appUrl } = database
      const shares = await sharesIn(folder, directory)
      const delivered = join(folder, `set-${String(++sets)}`)
      const task = { at, directory, shares, delivered, tenant, data, url, appUrl, kind, settings: settingsOf(kind) }
      child.send(JSON.stringify(task))
      const said = await child.line().catch((error: unknown) => String(error))
      const end = await child.end
      assert.ok(end === 'SIGKILL' || (end === 0 && Number(said) < at), said)
      return end
    },
    again: async (keys, kind) => {
      const delivered = join(folder, `set-${String(++sets)}`)
      const deliver = async (texts: readonly string[]): Promise<void> => {
        await mkdir(delivered)
        await writeFile(join(delivered, 'shares'), texts.join('\n\n'))
      }
      const add = (): Promise<string> =>
        kind === 'file'
          ? keys.addRoot({ kind: 'machine' })
          : kind === 'shares'
            ? keys.addRoot({ kind, threshold: 2, of: 3, deliver })
            : keys.addProvider(kind, settingsOf(kind))
      const journal = createJournal({
        store,
        clock: systemClock,
        signer: await keys.signer('journal'),
        origin: `test.local/${tenant}`,
      })
      await exchangeRoot({ store, journal, keys, scope, channel: 'cli', add })
    },
    works: async (work) => {
      const keys = await openKeys(directory, { shares: await sharesIn(folder, directory), connect: connectProvider })
      try {
        await keys.provider.check?.()
        const opened = await open(keys)
        await reads(opened)
        const name = `客户${String(names.length)}`
        await opened.vault.create(actorOf(tenant), 'contact', { values: { name } })
        names.push(name)
        assert.equal(Buffer.from(await keys.secret('throttle')).toString('hex'), secret)
        await work(keys, opened)
        await opened.close()
      } finally {
        keys.close()
      }
    },
    reads,
    opensWith: async (old) => {
      const keys = await openKeys(old)
      try {
        await (await open(keys)).close()
      } finally {
        keys.close()
      }
    },
    told: () =>
      store.owner((tx) =>
        tx.query<{ act: string; detail: Readonly<Record<string, unknown>> }>({
          text: `select act, convert_from(body, 'utf8')::json -> 'detail' as detail from journal.entry where act like 'key.root-%'`,
        }),
      ),
    close: async () => {
      next?.kill('SIGKILL')
      if (before === undefined) delete process.env['SOFTHSM2_CONF']
      else process.env['SOFTHSM2_CONF'] = before
      await service.close()
      await database.close()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** A token of SoftHSM2 and the key service, as settings of their providers. */
const placesOf = async (
  folder: string,
  module: string,
  service: KeyService,
): Promise<{ readonly token: Moving['token']; readonly vault: Readonly<Record<string, string>> }> => {
  const file = async (name: string, text: string): Promise<string> => {
    await writeFile(join(folder, name), text, { mode: 0o600 })
    return join(folder, name)
  }
  await mkdir(join(folder, 'tokens'))
  process.env['SOFTHSM2_CONF'] = await file(
    'hsm.conf',
    `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`,
  )
  const init = ['--init-token', '--free', '--label', 'holdfast', '--so-pin', '87654321', '--pin', '246810']
  execFileSync('softhsm2-util', init, { stdio: 'ignore' })
  return {
    token: { module, token: 'holdfast', key: 'root', pinFile: await file('pin', '246810') },
    vault: {
      url: service.url,
      key: transit.key,
      caFile: await file('ca.pem', service.ca),
      tokenFile: await file('token', transit.token),
    },
  }
}

/** The delivered set of shares that opens the keystore, where its root key lies in shares at all. */
const sharesIn = async (folder: string, directory: string): Promise<readonly string[]> => {
  if (!(await keystoreHomes(directory)).some(({ protection }) => protection === 'shares')) return []
  for (const name of await readdir(folder)) {
    if (!name.startsWith('set-')) continue
    const texts = shareTexts(await readFile(join(folder, name, 'shares'), 'utf8'))
    const enough = await checkShares(directory, texts).then(
      ({ needed, good }) => good >= needed,
      () => false,
    )
    if (enough) return texts
  }
  throw new Error('no set of shares opens the keystore')
}

const actorOf = (tenant: TestDatabase['tenant']): Actor => ({
  principal: { kind: 'service', tenant, id: services.system, role: 'system', active: true, team: null },
  env: { now: new Date(), channel: 'job', ip: '', mfa: true, purpose: 'test' },
})
