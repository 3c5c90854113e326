// Whoever copied the database files before a person was erased, or follows them as a replica: what the keys that are left open there, before
// and after the final step. Raw files are searched, every key within reach is tried.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, globSync } from 'node:fs'
import { appendFile, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { openEpoch, openKeys, openSubjectKey, type SubjectKeyRow } from '#encryption'
import { isFault, type Uuid } from '#kernel'
import { type House, openHouse, readConfig } from '#server'
import { temporaryFolder } from '#testing'
import { readEpochs } from '../../src/vault/epochs.ts'
import { command, type Outcome } from '../support/command.ts'
import { installedPostgres, type InstalledServer } from '../support/postgres.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const me = 'owner@example.com'
const values = ['赵璟珩', '13800130001', 'a@zelmarq.example']

/** A house: its data directory, its key directory, and its database where that is elsewhere. */
interface Place {
  readonly data: string
  readonly keys: string
  readonly url?: string
}

const options = ({ data, keys, url }: Place): readonly string[] => [
  ...['--data', at(data), '--keys', at(keys)],
  ...(url === undefined ? [] : ['--database-url', url]),
]
const run = (place: Place, ...args: readonly string[]): Promise<Outcome> =>
  command([...args, ...options(place), '--json'], directory)
const good = async (place: Place, ...args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await run(place, ...args)
  assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
  return outcome.json()
}
const found = async (place: Place, text: string): Promise<readonly { readonly id: string }[]> =>
  (await good(place, 'search', 'contact', text, '--as', me))['items'] as { readonly id: string }[]
/** Ownership and modes as they are: PostgreSQL insists on them. */
const copied = (from: string, to: string): void => {
  execFileSync('cp', ['-a', at(from), at(to)])
}

/** An organisation with two persons in it, one of whom will be erased. */
const made = async (place: Place): Promise<Uuid> => {
  const init = await command(
    ['init', ...options(place), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    'harbour-Kite-9f2c-lantern\n',
  )
  assert.equal(init.code, 0, init.stderr)
  const rows = [
    'Record ID,姓名,手机,邮箱',
    'a,赵璟珩,13800130001,a@zelmarq.example',
    'b,钱昱霁,13800130002,b@zelmarq.example',
  ]
  await writeFile(at('people.csv'), rows.join('\r\n'))
  await good(place, 'import', at('people.csv'), '--type', 'contact', '--yes', '--as', me)
  const [person] = await found(place, 'a@zelmarq.example')
  assert.ok(person)
  return person.id
}

/** Work in an opened house of that place. */
const within = async <T>(place: Place, work: (house: House) => Promise<T>): Promise<T> => {
  const { data, keys, url } = place
  const given = { data: at(data), keys: at(keys), ...(url === undefined ? {} : { databaseUrl: url }) }
  const house = await openHouse(readConfig(given, {}, directory), { create: false })
  try {
    return await work(house)
  } finally {
    await house.close()
  }
}

/** The wrapped data keys of the person a contact belongs to. */
const keysOf = (house: House, contact: Uuid): Promise<readonly SubjectKeyRow[]> =>
  house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    tx.query<SubjectKeyRow>({
      text: `select k.tenant_id as tenant, k.subject_id as subject, k.generation, k.epoch, k.suite, k.wrapped, k.commitment
             from keyring.subject_key k join crm.contact c using (tenant_id, subject_id) where c.id = $1`,
      values: [contact],
    }),
  )

const epochsOf = (house: House): ReturnType<typeof readEpochs> =>
  house.store.transaction({ tenant: house.tenant, principal: house.system.principal.id }, (tx) =>
    readEpochs(tx, house.tenant),
  )

/** How many of the files below a folder hold these bytes. */
const filesWith = async (folder: string, bytes: Uint8Array): Promise<number> => {
  let hits = 0
  for (const one of await readdir(folder, { recursive: true, withFileTypes: true }))
    if (one.isFile() && (await readFile(join(one.parentPath, one.name))).includes(bytes)) hits++
  return hits
}

/** Tries the wrapped key with every epoch that the rows and the keys give, whatever number the row claims. How many opened. */
const opened = async (
  wrapped: SubjectKeyRow,
  epochs: Awaited<ReturnType<typeof readEpochs>>,
  keyDirectory: string,
): Promise<number> => {
  const keys = await openKeys(at(keyDirectory))
  let hits = 0
  try {
    for (const row of epochs) {
      if (row.state === 'destroyed') continue
      let epoch
      try {
        epoch = await openEpoch(keys.provider, row)
      } catch (error) {
        assert.ok(isFault(error, 'keystore-foreign'), String(error))
        continue
      }
      for (const number of new Set([wrapped.epoch, row.epoch]))
        try {
          openSubjectKey(epoch, { ...wrapped, epoch: number })
          hits++
        } catch (error) {
          assert.ok(isFault(error, 'cell-does-not-open'), String(error))
        }
    }
  } finally {
    keys.close()
  }
  return hits
}

before(() => {
  directory = temporaryFolder()
})
after(() => rm(directory, { recursive: true, force: true }))

test('[house-120] a copy of the database files made before an erasure opens with the keys of then alone, once the final step is done', async () => {
  const live: Place = { data: 'data', keys: 'keys' }
  const contact = await made(live)
  await good(live, 'backup', 'create', '--type', 'full', '--repo', at('repo'))
  const [wrapped] = await within(live, (house) => keysOf(house, contact))
  assert.ok(wrapped)
  for (const name of ['data', 'keys', 'repo']) copied(name, `${name}-then`)
  const copyThen: Place = { data: 'data-then', keys: 'keys-then' }
  const [copyNow, copyRows]: [Place, Awaited<ReturnType<typeof epochsOf>>] = [
    { data: 'data-then', keys: 'keys' },
    await within(live, epochsOf),
  ]
  assert.equal((await found(copyThen, '13800130001')).length, 1, 'the copy is a house that works')

  const certificate = at('certificate.json')
  const words = ['erase', 'contact', contact, '--yes', '--reason', 'asked for', '--out', certificate, '--as', me]
  await good(live, ...words)
  assert.equal((await found(live, '13800130001')).length, 0)
  // What the final step is for: until then the root key in use opens the copy.
  assert.equal((await found(copyNow, '13800130001')).length, 1)
  assert.equal(await opened(wrapped, copyRows, 'keys'), 1)
  const verdict = await good(live, 'erase', 'verify', certificate, '--as', me)
  assert.deepEqual([verdict['ok'], verdict['closed']], [true, false])

  const done = await good(live, 'erase', 'finish', '--as', me)
  assert.deepEqual([done['upTo'], done['epochs'], (done['dropped'] as string[]).length], [1, [1], 1])
  assert.equal((await good(live, 'erase', 'verify', certificate, '--as', me))['closed'], true)
  assert.equal((await good(live, 'erase', 'finish', '--as', me))['nothing'], true)
  assert.match((await run(copyNow, 'search', 'contact', '13800130001', '--as', me)).stderr, /keystore-foreign/)
  const liveRows = await within(live, epochsOf)
  assert.equal(await opened(wrapped, [...liveRows, ...copyRows], 'keys'), 0, 'no key that is left opens the data key')
  assert.equal(
    await opened(wrapped, copyRows, 'keys-then'),
    1,
    'the same attempt with the old root key, destroyed since',
  )
  for (const value of values) assert.equal(await filesWith(at('data'), Buffer.from(value)), 0, value)
  // The house goes on, and everybody else is there.
  assert.equal((await found(live, '13800130002')).length, 1)
  assert.equal((await good(live, 'audit', 'verify'))['ok'], true)

  // The backup of before, in the repository that was reached, and in a copy of it that nobody reached.
  const restored = (repo: string, keys: string, data: string): Promise<Outcome> =>
    run({ data, keys }, 'restore', '--repo', at(repo), '--identity', at('keys-then/backup.identity'))
  assert.equal((await restored('repo', 'keys', 'data-back')).code, 0)
  const back: Place = { data: 'data-back', keys: 'keys' }
  assert.equal((await found(back, '13800130001')).length, 0)
  assert.equal((await found(back, '13800130002')).length, 1)
  const foreign = await restored('repo-then', 'keys', 'data-foreign')
  assert.notEqual(foreign.code, 0)
  assert.match(foreign.stderr, /keystore-foreign|foreign/)
  await good(live, 'backup', 'create', '--type', 'full', '--repo', at('repo'))
  assert.equal((await restored('repo', 'keys', 'data-later')).code, 0)
  assert.equal((await found({ data: 'data-later', keys: 'keys' }, '13800130002')).length, 1)
})

test('[house-120] a streaming replica and a base backup with its log hold nothing that the keys of after the final step open', async (t) => {
  const primary = await installedPostgres()
  if (!primary) return t.skip('no PostgreSQL is installed here')
  t.after(() => primary.stop())
  const live: Place = { data: 'external', keys: 'external-keys', url: primary.url }
  const contact = await made(live)
  const [wrapped] = await within(live, (house) => keysOf(house, contact))
  assert.ok(wrapped)
  const thenRows = await within(live, epochsOf)
  const replica = replicaOf(primary, at('replica'))
  t.after(() => replica.stop())
  await replica.start()
  await good(live, 'erase', 'contact', contact, '--yes', '--reason', 'asked for', '--as', me)
  await good(live, 'erase', 'finish', '--as', me)
  await replica.caughtUp()
  const log = await filesWith(at('replica/data'), wrapped.wrapped)
  assert.ok(log > 0, 'the wrapped key is still in files of the replica: dead rows, log')
  for (const value of values) assert.equal(await filesWith(at('replica/data'), Buffer.from(value)), 0, value)
  await replica.promote()
  const followed: Place = { data: 'external', keys: 'external-keys', url: replica.url }
  assert.equal((await found(followed, '13800130001')).length, 0)
  assert.equal((await found(followed, '13800130002')).length, 1)
  const rows = [...(await within(followed, epochsOf)), ...thenRows]
  assert.equal(await opened(wrapped, rows, 'external-keys'), 0)
})

interface Replica {
  readonly url: string
  start(): Promise<void>
  /** Waits until it has replayed what the primary has written. */
  caughtUp(): Promise<void>
  promote(): Promise<void>
  stop(): Promise<void>
}

/** pg_basebackup of a server with its log streamed, started as a standby of it. */
const replicaOf = (primary: InstalledServer, folder: string): Replica => {
  const bin = globSync('/usr/lib/postgresql/*/bin').at(-1) ?? ''
  const host =
    new URL(primary.url.replace('postgresql://owner@/', 'postgresql://owner@x/')).searchParams.get('host') ?? ''
  const root = process.getuid?.() === 0
  const as = root ? { uid: 65_534, gid: 65_534 } : {}
  const data = join(folder, 'data')
  const query = (where: string, text: string): string =>
    spawnSync(join(bin, 'psql'), ['-h', where, '-U', 'owner', '-d', 'postgres', '-Atc', text], {
      encoding: 'utf8',
    }).stdout.trim()
  let server: ReturnType<typeof spawn> | undefined
  const until = async (what: string, holds: () => boolean): Promise<void> => {
    for (let i = 0; !holds(); i++) {
      if (i > 300) throw new Error(`the replica: ${what}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }
  return {
    url: `postgresql://owner@/postgres?host=${encodeURIComponent(folder)}`,
    start: async () => {
      execFileSync('mkdir', ['-m', '700', folder])
      if (root) chownSync(folder, 65_534, 65_534)
      const taken = ['-h', host, '-U', 'owner', '-D', data, '-R', '-X', 'stream', '--no-sync', '-c', 'fast']
      execFileSync(join(bin, 'pg_basebackup'), taken, { stdio: 'ignore', cwd: folder, ...as })
      await appendFile(join(data, 'postgresql.auto.conf'), `unix_socket_directories = '${folder}'\n`)
      chmodSync(data, 0o700)
      const settings = ['-c', 'listen_addresses=', '-c', `unix_socket_directories=${folder}`]
      server = spawn(join(bin, 'postgres'), ['-D', data, ...settings], { stdio: 'ignore', cwd: folder, ...as })
      await until('does not start', () => query(folder, 'select pg_is_in_recovery()') === 't')
    },
    caughtUp: () => {
      const end = query(host, 'select pg_current_wal_flush_lsn()')
      return until(
        'does not follow',
        () => query(folder, `select pg_last_wal_replay_lsn() >= '${end}'::pg_lsn`) === 't',
      )
    },
    promote: async () => {
      query(folder, 'select pg_promote(true, 30)')
      await until('is not promoted', () => query(folder, 'select pg_is_in_recovery()') === 'f')
    },
    stop: async () => {
      if (!server || server.exitCode !== null || server.signalCode !== null) return
      const ended = once(server, 'exit')
      server.kill('SIGQUIT')
      await ended
    },
  }
}
