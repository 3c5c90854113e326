// The embedded server for real: made, joined, killed, moved, and refused.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmod, chown, mkdir, readdir, readFile, readlink, rm, stat, truncate, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { type TestContext, test } from 'node:test'
import pg from 'pg'
import { isFault, services } from '#kernel'
import { openStore, startEmbedded, type Store } from '#store'
import { catalogue, runChild, temporaryFolder } from '#testing'
import { enter } from './embedded.ts'
import { cacheMegabytes, findPostmaster, stopPostmaster } from './postmaster.ts'
import { wire } from './wire.ts'

const root = process.getuid?.() === 0
const settings = { fsync: 'off' }
const tenant = '0190a000-0000-7000-8000-000000000001'
const scope = { tenant, principal: services.system }

// What a test opened is closed in reverse order, its folder last.
const cleanups = new WeakMap<TestContext, (() => Promise<unknown>)[]>()
const later = (t: TestContext, work: () => Promise<unknown>): void => {
  const list = cleanups.get(t)
  if (list) return void list.unshift(work)
  const fresh = [work]
  cleanups.set(t, fresh)
  t.after(async () => {
    for (const each of fresh) await each()
  })
}
const folder = (t: TestContext): string => {
  const made = temporaryFolder()
  later(t, () => rm(made, { recursive: true, force: true }))
  return made
}
const open = (data: string): Promise<Store> => openStore({ data, catalogue, settings })
const one = async <Row extends object>(store: Store, text: string): Promise<Row | undefined> =>
  (await store.owner((tx) => tx.query<Row>({ text })))[0]
const put = (store: Store, name: string): Promise<unknown> =>
  store.transaction(scope, (tx) =>
    tx.query({ text: "insert into ops.setting values ($1, $2, '1')", values: [tenant, name] }),
  )
const names = async (store: Store): Promise<readonly string[]> =>
  (
    await store.transaction(scope, (tx) =>
      tx.query<{ name: string }>({ text: 'select name from ops.setting order by name' }),
    )
  ).map(({ name }) => name)
const running = async (data: string): Promise<number | undefined> => (await findPostmaster(join(data, 'postgres')))?.pid

test('[store-1] a data directory becomes a UTF-8 database with checksums, SCRAM and no network', async (t) => {
  const data = join(folder(t), 'data')
  const store = await open(data)
  later(t, () => store.close())
  const shown = await one<Record<string, string>>(
    store,
    `select current_setting('server_encoding') as encoding, current_setting('data_checksums') as checksums,
       current_setting('listen_addresses') as network, current_setting('password_encryption') as passwords,
       current_setting('unix_socket_directories') as sockets,
       (select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()) as locale,
       (select count(*)::text from pg_hba_file_rules where auth_method <> 'scram-sha-256') as weak`,
  )
  const { sockets = '', ...rest } = shown ?? {}
  assert.deepEqual(rest, {
    encoding: 'UTF8',
    checksums: 'on',
    network: '',
    passwords: 'scram-sha-256',
    locale: 'b C.UTF-8',
    weak: '0',
  })
  assert.equal((await stat(sockets)).mode & 0o777, 0o700)
  assert.ok(`${sockets}/.s.PGSQL.5432`.length <= 107)
  assert.equal(store.kind, 'embedded')
  assert.match((await store.health()).version, /^18\./)
})

test('[store-151] the cache has room for half of the database, within what the machine has, and never less than by itself', async (t) => {
  const gigabyte = 2 ** 30
  const sizes = [0, 0.2, 1, 4, 100].map((size) => cacheMegabytes(size * gigabyte, 16 * gigabyte))
  assert.deepEqual(sizes, [128, 128, 512, 1024, 1024])
  assert.deepEqual(
    [1, 2, 4].map((memory) => cacheMegabytes(100 * gigabyte, memory * gigabyte)),
    [128, 256, 512],
  )
  const data = folder(t)
  const shown = async (): Promise<number | undefined> => {
    const store = await open(data)
    const row = await one<{ mb: number }>(
      store,
      "select (setting::bigint / 128)::int as mb from pg_settings where name = 'shared_buffers'",
    )
    await store.close()
    return row?.mb
  }
  assert.equal(await shown(), 128)
  // As if a table had grown: a file without blocks is as long, and takes no room.
  const base = join(data, 'postgres/base')
  const first = (await readdir(base)).toSorted((a, b) => Number(b) - Number(a))[0] ?? ''
  await writeFile(join(base, first, 'grown'), '')
  await truncate(join(base, first, 'grown'), 0.5 * gigabyte)
  // What is no folder of a database, or is one that goes away meanwhile, keeps nothing from starting.
  await writeFile(join(base, '99999'), '')
  assert.ok(((await shown()) ?? 0) > 250)
})

test('[store-1] [store-2] programs in a folder the account cannot enter are copied, with their library links', async (t) => {
  const { programs } = await import('./runtime.ts')
  const base = folder(t)
  const native = await programs(base, { uid: 12345, gid: 12345, name: 'test', lent: true })
  assert.ok((await stat(join(native, 'lib', 'libpq.so.5'))).isFile())
  // An account nobody has can enter what everybody may enter: then the package is used as it is.
  const closed = join(base, 'closed')
  await mkdir(closed, { mode: 0o700 })
  const { barrier } = await import('./account.ts')
  assert.equal(await barrier(closed, { uid: 12345, gid: 12345, name: 'test', lent: true }), closed)
  const { copyPrograms } = await import('./runtime.ts')
  const copy = await copyPrograms(dirname(native), closed)
  assert.equal(await readlink(join(copy, 'lib', 'libpq.so.5')), 'libpq.so.5.18')
})

test('[store-2] root lends PostgreSQL another account', { skip: root ? false : 'skipped: needs root' }, async (t) => {
  const data = join(folder(t), 'data')
  const server = await startEmbedded({ data, settings })
  later(t, () => server.close())
  const status = await readFile(`/proc/${String(server.pid)}/status`, 'utf8')
  assert.doesNotMatch(status, /^Uid:\s+0/m)
})

test(
  '[store-2] a data directory the account cannot enter is served from elsewhere',
  { skip: root ? false : 'skipped: needs root' },
  async (t) => {
    const parent = folder(t)
    await chmod(parent, 0o700)
    const said: string[] = []
    const data = join(parent, 'data')
    const server = await startEmbedded({ data, settings, log: (line) => said.push(line) })
    const { cluster } = JSON.parse(await readFile(join(data, 'database.json'), 'utf8')) as { cluster: string }
    later(t, () => rm(dirname(cluster), { recursive: true, force: true }))
    assert.match(cluster, /^\/var\/lib\/holdfast\//)
    assert.ok(said.some((line) => line.includes(parent)))
    await server.close()
    const again = await startEmbedded({ data, settings })
    await again.close()
  },
)

test(
  '[store-2] an account without a name is named as the reason',
  { skip: root ? false : 'skipped: needs root' },
  async (t) => {
    const data = join(folder(t), 'data')
    await mkdir(data)
    await chown(data, 54321, 54321)
    const child = runChild(
      `import { startEmbedded } from '#store'
     const said = await startEmbedded({ data: ${JSON.stringify(data)} }).catch((error) => error)
     console.log(said.code + ' ' + said.message)`,
      { uid: 54321, gid: 54321 },
    )
    assert.match(await child.line(), /^database-unreachable .*account with a name.* 54321/)
    assert.equal(await child.end, 0)
  },
)

test('[store-2] a very long path to the data directory does no harm', async (t) => {
  const data = join(folder(t), 'x'.repeat(120), 'data')
  const server = await startEmbedded({ data, settings })
  await server.close()
  assert.equal(await running(data), undefined)
})

test('[store-3] processes that open at the same moment share one server, and the last to leave stops it', async (t) => {
  const data = join(folder(t), 'data')
  const code = `
    import { openStore } from '#store'
    import { catalogue } from '#testing'
    const store = await openStore({ data: ${JSON.stringify(data)}, catalogue, settings: { fsync: 'off' } })
    console.log('open')
    process.stdin.once('data', async () => { await store.close(); process.exit(0) })`
  const children = [runChild(code), runChild(code), runChild(code)]
  for (const child of children) later(t, () => Promise.resolve(child.kill('SIGKILL')))
  const ours = await open(data)
  for (const child of children) assert.equal(await child.line(), 'open')
  await put(ours, 'shared')
  const pid = await running(data)
  assert.notEqual(pid, undefined)
  await ours.close()
  for (const child of children) {
    assert.equal(await running(data), pid)
    child.send('leave')
    assert.equal(await child.end, 0)
  }
  assert.equal(await running(data), undefined)
})

test('[store-4] the record is private, and the database outlives its loss', async (t) => {
  const data = join(folder(t), 'data')
  const path = join(data, 'database.json')
  const first = await open(data)
  await put(first, 'kept')
  await first.close()
  assert.equal((await stat(path)).mode & 0o777, 0o600)
  const before = await readFile(path, 'utf8')
  await rm(path)
  const second = await open(data)
  assert.deepEqual(await names(second), ['kept'])
  await second.close()
  assert.notEqual(await readFile(path, 'utf8'), before)
  for (const text of ['{', '{"format":1,"kind":"embedded"}', '[]']) {
    await writeFile(path, text)
    await assert.rejects(open(data), (error) => isFault(error, 'config-invalid'))
  }
  await writeFile(path, JSON.stringify({ format: 1, kind: 'external', app: { user: 'a', password: 'b' } }))
  await assert.rejects(open(data), (error) => isFault(error, 'config-invalid'))
})

test('[store-4] a record whose files are gone is refused, not answered with an empty database', async (t) => {
  const data = join(folder(t), 'data')
  await (await open(data)).close()
  await rm(join(data, 'postgres'), { recursive: true })
  await assert.rejects(open(data), (error) => isFault(error, 'database-unreachable'))
})

test('[store-4] files of another version of PostgreSQL are refused', async (t) => {
  const data = join(folder(t), 'data')
  await (await open(data)).close()
  await writeFile(join(data, 'postgres', 'PG_VERSION'), '19\n')
  await assert.rejects(open(data), (error) => isFault(error, 'data-newer'))
})

test('[store-5] a killed postmaster comes back with everything that was committed', async (t) => {
  const data = join(folder(t), 'data')
  const said: string[] = []
  const store = await openStore({ data, catalogue, log: (line) => said.push(line) })
  later(t, () => store.close())
  for (let round = 0; round < 3; round++) {
    await put(store, `before-${String(round)}`)
    const pid = await running(data)
    assert.ok(pid !== undefined)
    // A transaction in the middle of its work fails; it is not half done.
    const torn = store.transaction(scope, async (tx) => {
      await tx.query({
        text: "insert into ops.setting values ($1, $2, '1')",
        values: [tenant, `torn-${String(round)}`],
      })
      process.kill(pid, 'SIGKILL')
      await tx.query({ text: 'select pg_sleep(20)' })
    })
    await assert.rejects(torn, (error) => isFault(error, 'database-unreachable'))
    await put(store, `after-${String(round)}`)
    assert.notEqual(await running(data), pid)
  }
  assert.deepEqual(await names(store), ['after-0', 'after-1', 'after-2', 'before-0', 'before-1', 'before-2'])
  assert.ok(said.includes('the database went away; starting it again'))
})

test('[store-5] a killed process leaves a server that the next one joins and stops', async (t) => {
  const data = join(folder(t), 'data')
  const child = runChild(`
    import { openStore } from '#store'
    import { catalogue } from '#testing'
    const store = await openStore({ data: ${JSON.stringify(data)}, catalogue })
    const scope = { tenant: '${tenant}', principal: '${services.system}' }
    await store.transaction(scope, (tx) => tx.query({ text: "insert into ops.setting values ($1, 'told', '1')", values: [scope.tenant] }))
    console.log('written')
    setInterval(() => undefined, 1000)`)
  later(t, () => Promise.resolve(child.kill('SIGKILL')))
  assert.equal(await child.line(), 'written')
  child.kill('SIGKILL')
  await child.end
  const pid = await running(data)
  const store = await open(data)
  assert.deepEqual(await names(store), ['told'])
  assert.equal(await running(data), pid)
  await store.close()
  assert.equal(await running(data), undefined)
})

test('[store-5] killed at any moment of its first start, it starts the next time', async (t) => {
  for (const delay of [300, 500, 800, 1200, 1600]) {
    const data = join(folder(t), 'data')
    const child = runChild(`
      import { openStore } from '#store'
      import { catalogue } from '#testing'
      console.log('begin')
      await openStore({ data: ${JSON.stringify(data)}, catalogue, settings: { fsync: 'off' } })
      setInterval(() => undefined, 1000)`)
    await child.line()
    await new Promise((go) => setTimeout(go, delay))
    child.kill('SIGKILL')
    await child.end
    const store = await open(data)
    await put(store, 'works')
    assert.deepEqual(await names(store), ['works'])
    await store.close()
    assert.equal(await running(data), undefined)
  }
})

test('[store-5] several that make the database at the same moment all get into it', async (t) => {
  const server = await startEmbedded({ data: join(folder(t), 'data'), settings })
  later(t, () => server.close())
  const connect = async (database: string): Promise<pg.Client> => {
    const client = new pg.Client(wire({ ...server.address, database }, 'test'))
    await client.connect()
    return client
  }
  for (const name of ['raced', 'raced-again', 'raced-once-more']) {
    const clients = await Promise.all(Array.from({ length: 6 }, () => enter(name, connect)))
    for (const client of clients) {
      const { rows } = await client.query<{ name: string }>('select current_database() as name')
      assert.equal(rows[0]?.name, name)
      await client.end()
    }
  }
})

test('[store-5] a pid file that names a stranger, and a server that lost its socket, are no obstacle', async (t) => {
  const data = join(folder(t), 'data')
  const cluster = join(data, 'postgres')
  const first = await startEmbedded({ data, settings })
  const { pid } = first
  await first.close()
  await writeFile(
    join(cluster, 'postmaster.pid'),
    `${String(process.pid)}\n${cluster}\n1\n5432\n/nowhere\n\n\nready\n`,
    { mode: 0o600 },
  )
  const { uid, gid } = await stat(cluster)
  await chown(join(cluster, 'postmaster.pid'), uid, gid)
  const second = await startEmbedded({ data, settings })
  assert.notEqual(second.pid, pid)
  await rm(second.address.host ?? '', { recursive: true })
  const third = await startEmbedded({ data, settings })
  assert.notEqual(third.pid, second.pid)
  await second.close()
  await third.close()
  assert.equal(await running(data), undefined)
})

test('[store-5] a server stopped from outside is started again', async (t) => {
  const data = join(folder(t), 'data')
  const store = await open(data)
  later(t, () => store.close())
  const pid = (await running(data)) ?? 0
  await stopPostmaster(join(data, 'postgres'), pid)
  await put(store, 'again')
  assert.notEqual(await running(data), pid)
})

test('[store-5] a data directory taken away while the server runs does not keep it running', async (t) => {
  const parent = folder(t)
  const server = await startEmbedded({ data: join(parent, 'data'), settings })
  await rm(join(parent, 'data'), { recursive: true })
  await server.close()
  for (let n = 0; n < 100 && (await stat(`/proc/${String(server.pid)}/cwd`).catch(() => undefined)); n++)
    await new Promise((go) => setTimeout(go, 20))
  assert.equal(await stat(`/proc/${String(server.pid)}/cwd`).catch(() => undefined), undefined)
})

test('[store-11] a disk too small for the database is a full disk', async (t) => {
  const parent = folder(t)
  // A file system of its own, too small for a cluster; only root may mount one, and not everywhere.
  const mount = (...options: string[]): boolean =>
    spawnSync(options[0] ?? '', options.slice(1), { stdio: 'ignore' }).status === 0
  if (!mount('mount', '-t', 'tmpfs', '-o', 'size=12m,mode=711', 'tmpfs', parent)) return t.skip('skipped: needs mount')
  later(t, () => Promise.resolve(mount('umount', parent)))
  await assert.rejects(open(join(parent, 'data')), (error) => isFault(error, 'disk-full'))
  // Nothing half-made is left: with room the same directory works.
  assert.ok(mount('mount', '-o', 'remount,size=400m', parent))
  await (await open(join(parent, 'data'))).close()
  return undefined
})

test('[store-11] a disk that fills while rows are written is a full disk, and the database goes on', async (t) => {
  const parent = folder(t)
  const mount = (...options: string[]): boolean =>
    spawnSync(options[0] ?? '', options.slice(1), { stdio: 'ignore' }).status === 0
  if (!mount('mount', '-t', 'tmpfs', '-o', 'size=160m,mode=711', 'tmpfs', parent)) return t.skip('skipped: needs mount')
  later(t, () => Promise.resolve(mount('umount', parent)))
  const store = await openStore({
    data: join(parent, 'data'),
    catalogue,
    settings: { fsync: 'off', wal_level: 'minimal', max_wal_senders: '0' },
  })
  later(t, () => store.close())
  await put(store, 'kept')
  const fill = (): Promise<unknown> =>
    store.owner(async (tx) => {
      // A table made in the same transaction writes no log at this level, so its own files fill the disk.
      await tx.query({ text: 'create table public.filler (x text)' })
      await tx.query({ text: "insert into public.filler select repeat('x', 1000) from generate_series(1, 400000)" })
    })
  await assert.rejects(fill(), (error) => isFault(error, 'disk-full'))
  assert.deepEqual(await names(store), ['kept'])
  await put(store, 'more')
  return undefined
})
