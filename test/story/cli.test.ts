// The story from the command line: set up, import, search, export, back up three ways, destroy, restore, review, audit.
import assert from 'node:assert/strict'
import type { ChildProcess } from 'node:child_process'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { catalogue } from '#crm'
import { openStore } from '#store'
import { temporaryFolder, walls } from '#testing'
import { command, commandProcess, type Outcome, startCommand } from '../support/command.ts'

let directory = ''
const at = (name: string): string => join(directory, name)
const places = (): readonly string[] => ['--data', at('data'), '--keys', at('keys')]
const run = (...args: readonly string[]): Promise<Outcome> => command([...args, ...places(), '--json'], directory)
const good = async (...args: readonly string[]): Promise<Record<string, unknown>> => {
  const outcome = await run(...args)
  assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
  return outcome.json()
}
const me = 'owner@example.com'
const password = 'harbour-Kite-9f2c-lantern\n'

/** A thousand invented people, each value unlike any other text of the product. */
const people = Array.from({ length: 1000 }, (_, i) => ({
  id: `src-${String(i)}`,
  name: `${'赵钱孙李周吴郑冯陈褚'[i % 10] ?? ''}${'璟珩昱霁翀'[Math.floor(i / 10) % 5] ?? ''}${'岚峤澍芃曦'[Math.floor(i / 50) % 5] ?? ''}${String(i)}`,
  mobile: `1380013${String(1000 + i)}`,
  email: `quendril.${String(i)}@zelmarq.example`,
  notes: `vexolune note ${String(i)}: prefers the brisk harbour route`,
}))

const csv = (rows: readonly (typeof people)[number][]): string =>
  [
    'Record ID,姓名,手机,邮箱,备注',
    ...rows.map((row) => [row.id, row.name, row.mobile, row.email, row.notes].join(',')),
  ].join('\r\n')

before(() => {
  directory = temporaryFolder()
})
after(() => rm(directory, { recursive: true, force: true }))

test('[house-6] init sets up without a browser; wrong use and refusals have their exit codes and one sentence', async () => {
  const early = await run('digest')
  assert.equal(early.code, 1)
  assert.match(early.stderr, /^\{"error":\{"code":"(not-set-up|keystore-missing)","message":"[^"]+"\}\}\n$/)
  assert.equal((await run('nonsense')).code, 2)
  assert.equal((await run('init')).code, 2)
  const weak = await commandProcess(
    ['init', ...places(), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    'password1',
  )
  assert.equal(weak.code, 1)
  assert.match(weak.stderr, /weak-password/)
  const made = await commandProcess(
    ['init', ...places(), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    password,
  )
  assert.equal(made.code, 0, made.stderr)
  assert.equal((await stat(at('keys/backup.identity'))).mode & 0o777, 0o600)
  const again = await commandProcess(
    ['init', ...places(), '--admin-email', me, '--password-stdin', '--json'],
    directory,
    password,
  )
  assert.equal(again.code, 1)
  assert.match(again.stderr, /already-set-up/)
})

test('[house-6] an import reads a thousand rows, a second one changes nothing', async () => {
  await writeFile(at('people.csv'), csv(people))
  const first = await good('import', at('people.csv'), '--type', 'contact', '--as', me, '--yes')
  assert.deepEqual([first['read'], first['created'], first['refused']], [1000, 1000, 0])
  const second = await good('import', at('people.csv'), '--type', 'contact', '--as', me, '--yes')
  assert.deepEqual([second['created'], second['updated'], second['unchanged']], [0, 0, 1000])
})

test('[house-6] search finds by part of a name, by tail, by e-mail', async () => {
  const items = async (text: string): Promise<number> =>
    ((await good('search', 'contact', text, '--as', me))['items'] as unknown[]).length
  assert.equal(await items('quendril.7@zelmarq.example'), 1)
  assert.ok((await items('1007')) >= 1)
  assert.ok((await items('赵')) >= 50)
  assert.equal(await items('nobody@zelmarq.example'), 0)
  assert.equal((await run('search', 'contact', 'x', '--as', 'stranger@example.com')).code, 1)
})

/** Kills the command without warning as soon as something is so; one that ends before is left at that. */
const killed = async (child: ChildProcess, when: () => Promise<boolean>): Promise<void> => {
  const closed = new Promise<true>((resolve) => child.on('close', () => resolve(true)))
  let ended = false
  while (!ended && !(await when())) {
    ended = await Promise.race([closed, new Promise<false>((resolve) => setTimeout(() => resolve(false), 10))])
  }
  child.kill('SIGKILL')
  await closed
}

/** So from a number of milliseconds after the first question on. */
const elapsed = (ms: number): (() => Promise<boolean>) => {
  let start: number | undefined
  return () => Promise.resolve(performance.now() - (start ??= performance.now()) > ms)
}

const exists = (path: string): Promise<boolean> =>
  stat(path).then(
    () => true,
    () => false,
  )

const identityFile = (): string => at('keys/backup.identity')
let digests: unknown

test('[house-6] full, change, incremental, change, differential; verify; destroy; restore brings the same content back', async () => {
  const repo = ['--repo', at('backups')]
  assert.equal((await run('backup', 'create', '--type', 'incremental', ...repo)).code, 1)
  const full = await good('backup', 'create', '--type', 'full', ...repo)
  assert.equal(full['parent'], null)
  const extra = Array.from({ length: 20 }, (_, i) => ({
    id: `more-${String(i)}`,
    name: `Late${String(i)}`,
    mobile: `1390013${String(1000 + i)}`,
    email: `late.${String(i)}@zelmarq.example`,
    notes: 'late',
  }))
  await writeFile(at('more.csv'), csv(extra.slice(0, 10)))
  await good('import', at('more.csv'), '--type', 'contact', '--as', me, '--yes')
  const incremental = await good('backup', 'create', '--type', 'incremental', ...repo)
  assert.equal(incremental['parent'], full['id'])
  await writeFile(at('more2.csv'), csv(extra.slice(10)))
  await good('import', at('more2.csv'), '--type', 'contact', '--as', me, '--yes')
  digests = (await good('digest'))['types']
  const differential = await good('backup', 'create', '--type', 'differential', ...repo)
  assert.equal(differential['parent'], full['id'])
  assert.ok(Number(incremental['bytes']) < Number(full['bytes']) / 5)
  const listed = (await good('backup', 'list', ...repo))['backups'] as { id: string; rows: number; bytes: number }[]
  // What create told is what list tells; the keyring's snapshot is named apart.
  for (const made of [full, incremental, differential]) {
    const item = listed.find(({ id }) => id === made['id'])
    assert.deepEqual([item?.rows, item?.bytes], [made['rows'], made['bytes']])
    assert.ok((made['keyring'] as { bytes: number }).bytes > 0)
  }
  assert.equal(listed.length, 3)
  assert.equal((await good('backup', 'verify', ...repo))['ok'], true)
  assert.equal((await good('backup', 'verify', ...repo, '--identity', identityFile()))['ok'], true)

  // What the full one held, as the person may see it: nothing of it was changed since.
  const browse = ['backup', 'browse', String(full['id']), 'contact', ...repo, '--identity', identityFile(), '--as', me]
  const held = (await good(...browse))['items'] as { id: string; since: string; values: { name: string } }[]
  assert.equal(held.length, 50)
  assert.ok(held.every(({ since, values }) => since === 'same' && !values.name.startsWith('Late')))
  assert.deepEqual((await good(...browse, '--changed'))['items'], [])

  await rm(at('data'), { recursive: true, force: true })
  const wrong = await command(
    ['restore', ...repo, '--identity', at('people.csv'), '--data', at('data2'), '--keys', at('keys'), '--json'],
    directory,
  )
  assert.equal(wrong.code, 1)
  assert.match(wrong.stderr, /backup-wrong-identity/)
  const restored = await command(
    ['restore', ...repo, '--identity', identityFile(), '--data', at('data2'), '--keys', at('keys'), '--json'],
    directory,
  )
  assert.equal(restored.code, 0, restored.stderr)
  const later = await command(['digest', '--data', at('data2'), '--keys', at('keys'), '--json'], directory)
  assert.deepEqual(later.json()['types'], digests)
  const twice = await command(
    ['restore', ...repo, '--identity', identityFile(), '--data', at('data2'), '--keys', at('keys'), '--json'],
    directory,
  )
  assert.equal(twice.code, 1)
  const audit = await command(['audit', 'verify', '--data', at('data2'), '--keys', at('keys'), '--json'], directory)
  assert.equal(audit.code, 0, audit.stderr)
  assert.equal(audit.json()['ok'], true)
})

const inRestored = (...args: readonly string[]): Promise<Outcome> =>
  command([...args, '--data', at('data2'), '--keys', at('keys'), '--json'], directory)

test('[house-7] neither the database nor the backup folder holds any of the imported values', async () => {
  const store = await openStore({ data: at('data2'), catalogue, walls })
  const text: string[] = []
  try {
    await store.owner(async (tx) => {
      const tables = await tx.query<{ name: string }>({
        text: `select format('%I.%I', schemaname, tablename) as name from pg_tables where schemaname in ('crm', 'keyring', 'journal', 'identity', 'ops')`,
      })
      assert.ok(tables.length > 20)
      for (const { name } of tables) {
        for await (const part of tx.copyOut(`copy (select t::text from ${name} t) to stdout`))
          text.push(Buffer.from(part).toString('utf8'))
      }
    })
  } finally {
    await store.close()
  }
  const dump = text.join('')
  assert.ok(dump.length > 100_000)
  const files = (await readdir(at('backups'), { recursive: true, withFileTypes: true })).filter((file) => file.isFile())
  const folder = Buffer.concat(await Promise.all(files.map((file) => readFile(join(file.parentPath, file.name)))))
  assert.ok(folder.length > 50_000)
  const found: string[] = []
  for (const person of people) {
    for (const [field, value] of Object.entries(person)) {
      if (field === 'id') continue
      const bytes = Buffer.from(value)
      const forms = [value, bytes.toString('hex'), bytes.toString('base64').slice(0, -4)]
      if (forms.some((form) => dump.includes(form)) || folder.includes(bytes))
        found.push(`${field} of row ${person.id}`)
    }
  }
  assert.deepEqual(found, [])
})

test('[house-6] review, doctor and export; a representative may not export', async () => {
  const review = await inRestored('review', 'run')
  assert.equal(review.code, 0, review.stderr)
  const controls = review.json()['controls'] as readonly { id: string; state: string; remedy: string; title: string }[]
  const assessed = controls.filter((control) => control.state === 'pass' || control.state === 'fail')
  assert.ok(assessed.length >= 15, `${String(assessed.length)} controls were assessed`)
  assert.ok(controls.some((control) => control.state === 'fail' && control.remedy.length > 10))
  assert.deepEqual(
    controls.filter((control) => control.state === 'error').map((control) => control.id),
    [],
  )
  const doctor = await inRestored('doctor')
  assert.equal(doctor.code, 0, doctor.stdout)
  const exported = await inRestored('export', 'contact', '--out', at('out.csv'), '--purpose', 'test', '--as', me)
  assert.equal(exported.code, 0, exported.stderr)
  const lines = (await readFile(at('out.csv'), 'utf8')).trim().split('\r\n')
  assert.equal(lines.length, 1021)
  assert.equal((await inRestored('export', 'contact', '--out', at('out2.csv'), '--as', me)).code, 2)
})

test('[house-8] kill -9 during an import loses nothing, and the import can be run again', async () => {
  const many = Array.from({ length: 6000 }, (_, i) => ({
    id: `bulk-${String(i)}`,
    name: `Bulk${String(i)}`,
    mobile: `1370013${String(1000 + (i % 9000))}`,
    email: `bulk.${String(i)}@zelmarq.example`,
    notes: 'bulk',
  }))
  await writeFile(at('bulk.csv'), csv(many))
  const args = [
    'import',
    at('bulk.csv'),
    '--type',
    'contact',
    '--as',
    me,
    '--yes',
    '--data',
    at('data2'),
    '--keys',
    at('keys'),
    '--json',
  ]
  await killed(startCommand(args, directory), elapsed(2500))
  const again = await command(args, directory)
  assert.equal(again.code, 0, again.stderr)
  const counts = again.json()
  assert.equal(Number(counts['created']) + Number(counts['unchanged']), 6000)
  assert.equal((await inRestored('audit', 'verify')).json()['ok'], true)
  const types = (await inRestored('digest')).json()['types'] as Record<string, { rows: number }>
  assert.equal(types['contact']?.rows, 7020)
})

test('[house-8] kill -9 during a backup and a restore: both can be run again', async () => {
  const repo = ['--repo', at('backups')]
  const args = ['backup', 'create', '--type', 'full', ...repo, '--data', at('data2'), '--keys', at('keys'), '--json']
  const files = async (): Promise<number> => (await readdir(at('backups'), { recursive: true })).length
  const before = await files()
  await killed(startCommand(args, directory), async () => (await files()) > before)
  const again = await command(args, directory)
  assert.equal(again.code, 0, again.stderr)
  assert.equal((await inRestored('backup', 'verify', ...repo)).json()['ok'], true)
  const restore = [
    'restore',
    ...repo,
    '--identity',
    identityFile(),
    '--data',
    at('data3'),
    '--keys',
    at('keys'),
    '--json',
  ]
  const later = elapsed(400)
  await killed(
    startCommand(restore, directory),
    async () => (await exists(at('data3/database.json'))) && (await later()),
  )
  const third = await command(restore, directory)
  // A restore that had just finished before it was killed says that the place is taken; then the content must be there.
  if (third.code !== 0) assert.match(third.stderr, /restore-not-empty/)
  const one = (await inRestored('digest')).json()['types']
  const two = (await command(['digest', '--data', at('data3'), '--keys', at('keys'), '--json'], directory)).json()[
    'types'
  ]
  assert.deepEqual(two, one)
})

test('[house-6] after one byte of one entry is altered, audit verify names the entry and exits 1', async () => {
  const store = await openStore({ data: at('data3'), catalogue, walls })
  const [entry] = await store.owner((tx) =>
    tx.query<{ id: bigint }>({ text: 'select id from journal.entry order by id offset 5 limit 1' }),
  )
  await store.owner((tx) => tx.query({ text: 'alter table journal.entry disable row level security' }))
  await store.owner((tx) => tx.query({ text: `alter table journal.entry no force row level security` }))
  await store.owner((tx) =>
    tx.query({
      text: 'update journal.entry set body = set_byte(body, 20, get_byte(body, 20) # 1) where id = $1',
      values: [entry?.id],
    }),
  )
  await store.close()
  const audit = await command(['audit', 'verify', '--data', at('data3'), '--keys', at('keys'), '--json'], directory)
  assert.equal(audit.code, 1, audit.stderr)
  const bad = audit.json()['firstBad'] as { entry: string }
  assert.equal(bad.entry, String(entry?.id))
})
