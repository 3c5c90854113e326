// Rotation of epochs, data keys and profiles, under people at work in other processes.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { verifySignature } from '#encryption'
import { sealedSecrets } from '#identity'
import { canonical, type Json, services, utf8, type Uuid } from '#kernel'
import { createJobs, type Job, type Jobs, type Tx } from '#store'
import { catalogue } from '#testing'
import { createVault, type OpenVault } from '#vault'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { cellSuites } from './cell-suites.ts'

interface World extends TestVault {
  readonly jobs: Jobs
  /** The same house as another process would have it open, with caches of its own. */
  other(): Promise<OpenVault>
  run(kind: string, spec?: Json): Promise<Job>
  sql<Row extends object>(text: string, ...values: readonly unknown[]): Promise<readonly Row[]>
  count(text: string, ...values: readonly unknown[]): Promise<number>
}

const withWorld = async (work: (world: World) => Promise<void>): Promise<void> => {
  const made = await openTestVault()
  const { store, tenant, opened, journal, keys } = made
  const scope = { tenant, principal: services.system }
  const jobs = createJobs({ store, scope })
  for (const kind of opened.rotation.kinds) jobs.register(kind)
  const sql = <Row extends object>(text: string, ...values: readonly unknown[]): Promise<readonly Row[]> =>
    store.transaction(scope, (tx: Tx) => tx.query<Row>({ text, values }))
  const others: OpenVault[] = []
  try {
    await work({
      ...made,
      jobs,
      sql,
      count: async (text, ...values) =>
        (await sql<{ n: number }>(`select count(*)::int as n from ${text}`, ...values))[0]?.n ?? 0,
      other: async () => {
        const clock = { now: () => new Date() }
        const vault = await createVault({ store, journal, keys, catalogue, clock, tenant, sealedSecrets })
        others.push(vault)
        return vault
      },
      run: async (kind, spec = {}) => {
        const { id } = await jobs.start(kind, spec, services.system)
        const job = await jobs.run(id)
        assert.equal(job.errorCode, null)
        assert.equal(job.state, 'done')
        return job
      },
    })
  } finally {
    await jobs.close()
    for (const each of others) await each.close()
    await made.close()
  }
}

const people = async (world: World, count: number): Promise<readonly Uuid[]> => {
  const ids: Uuid[] = []
  for (let i = 0; i < count; i++) {
    const { id } = await world.vault.create(world.ann, 'contact', {
      values: { name: `联系人${String(i)}`, mobile: `138000${String(10_000 + i)}` },
    })
    ids.push(id)
  }
  return ids
}

test('[vault-70] a new epoch wraps every key anew; the old one only opens, and nothing else changes', async () => {
  await withWorld(async (world) => {
    await people(world, 30)
    const before = await world.vault.digest(world.tenant)
    const cells = await world.sql('select id, version, cell_contact from crm.contact order by id')
    const job = await world.run('keys.epoch')
    const keys = await world.count('keyring.subject_key')
    assert.ok(keys > 30)
    assert.equal(job.done, keys)
    assert.equal(await world.count('keyring.subject_key where epoch <> 2'), 0)
    assert.deepEqual(await world.vault.digest(world.tenant), before)
    assert.deepEqual(await world.sql('select id, version, cell_contact from crm.contact order by id'), cells)
    const { epochs } = await world.opened.rotation.states()
    assert.deepEqual(
      epochs.map(({ epoch, state, profile, subjectKeys }) => [epoch, state, profile, subjectKeys]),
      [
        [1, 'decrypt-only', 'international', 0],
        [2, 'active', 'international', keys],
      ],
    )
    assert.ok(epochs[0]?.retiredAt)
    const acts = await world.sql<{ act: string }>(`select act from journal.entry where obj = 'keys' order by id`)
    assert.deepEqual(
      acts.map(({ act }) => act),
      ['key.epoch-create', 'key.epoch-rotate'],
    )
    assert.equal((await world.vault.list(world.ann, 'contact', { search: '联系人7' })).items.length, 1)
  })
})

test('[vault-70] a job that was killed after it made its epoch makes no second one', async () => {
  await withWorld(async (world) => {
    await people(world, 3)
    const kind = world.opened.rotation.kinds.find((one) => one.kind === 'keys.epoch')
    const job = await world.jobs.start('keys.epoch', {}, services.system)
    // The first step done, its cursor lost.
    await kind?.step(job, new AbortController().signal)
    assert.equal((await world.jobs.run(job.id)).state, 'done')
    assert.equal(await world.count('keyring.epoch'), 2)
    assert.equal(await world.count('keyring.subject_key where epoch <> 2'), 0)
  })
})

test('[vault-71] another process notices: it reads on, and writes nothing under the epoch that was retired', async () => {
  await withWorld(async (world) => {
    const [first = ''] = await people(world, 5)
    const { vault, secrets } = await world.other()
    assert.equal((await vault.get(world.ann, 'contact', first)).values['name'], '联系人0')
    await world.run('keys.epoch')
    const made = await vault.create(world.ann, 'contact', { values: { name: '新来的' } })
    const [key] = await world.sql<{ epoch: number }>(
      'select epoch from keyring.subject_key where subject_id = $1',
      made.id,
    )
    assert.equal(key?.epoch, 2)
    const sealed = await world.store.transaction({ tenant: world.tenant, principal: services.system }, (tx) =>
      secrets.sealSecret(tx, 'x', new Uint8Array([1, 2, 3])),
    )
    assert.equal(sealed[3], 2)
    assert.equal((await vault.get(world.ann, 'contact', first)).values['name'], '联系人0')
    await vault.create(world.ann, 'deal', { values: { name: '订单', contact: first } }).catch(() => undefined)
    assert.equal(await world.count('keyring.subject_key where epoch <> 2'), 0)
  })
})

test('[vault-71] small secrets of other rooms are sealed anew and open under their label', async () => {
  await withWorld(async (world) => {
    const scope = { tenant: world.tenant, principal: services.system }
    const user = world.ann.principal.id
    const plain = new Uint8Array([7, 7, 7])
    await world.store.transaction(scope, async (tx) => {
      const sealed = await world.opened.secrets.sealSecret(tx, `totp:${user}`, plain)
      await tx.query({
        text: `insert into identity.credential (tenant_id, user_id, password_hash, changed_at, totp_sealed) values ($1, $2, '', now(), $3)`,
        values: [world.tenant, user, sealed],
      })
    })
    await world.run('keys.epoch')
    const [row] = await world.sql<{ sealed: Uint8Array }>('select totp_sealed as sealed from identity.credential')
    assert.equal(row?.sealed[3], 2)
    const opened = await world.store.transaction(scope, (tx) =>
      world.opened.secrets.openSecret(tx, `totp:${user}`, row.sealed),
    )
    assert.deepEqual(opened, plain)
  })
})

test('[vault-72] data keys get their next generation; content, versions, dates, history and search stay', async () => {
  await withWorld(async (world) => {
    const [first = ''] = await people(world, 30)
    await world.vault.update(world.ann, 'contact', first, 1, { name: '改过名' })
    const before = await world.vault.digest(world.tenant)
    const heads = await world.sql('select id, version, updated_at, updated_by from crm.contact order by id')
    const history = await world.vault.history(world.ann, 'contact', first)
    const job = await world.run('keys.subjects')
    assert.equal(job.done, await world.count('keyring.subject_key where retired_at is null'))
    assert.equal(await world.count('keyring.subject_key where retired_at is null and generation <> 2'), 0)
    assert.equal(await world.count('crm.contact where get_byte(cell_contact, 8) <> 2'), 0)
    assert.deepEqual(await world.vault.digest(world.tenant), before)
    assert.deepEqual(await world.sql('select id, version, updated_at, updated_by from crm.contact order by id'), heads)
    assert.deepEqual(await world.vault.history(world.ann, 'contact', first), history)
    assert.equal((await world.vault.list(world.ann, 'contact', { search: '改过名' })).items.length, 1)
    // Each record sealed anew has an entry, so that the next increment of a backup takes it along.
    assert.equal(
      await world.count(`journal.entry where act = 'record.reseal' and obj = 'contact' and image is not null`),
      30,
    )
    // Of the version one saw before, one may still change it.
    assert.equal((await world.vault.update(world.ann, 'contact', first, 2, { name: '又改名' })).version, 3)
  })
})

test('[vault-72] one subject alone; a second run of the same step does nothing', async () => {
  await withWorld(async (world) => {
    const [first = '', second = ''] = await people(world, 2)
    await world.run('keys.subjects', { subject: first })
    const generations = await world.sql<{ generation: number }>(
      'select generation from keyring.subject_key where subject_id = any($1) and retired_at is null order by generation',
      [first, second],
    )
    assert.deepEqual(
      generations.map(({ generation }) => generation),
      [1, 2],
    )
    const kind = world.opened.rotation.kinds.find((one) => one.kind === 'keys.subjects')
    const job = await world.jobs.start('keys.subjects', { subject: first }, services.system)
    const begun = await kind?.step(job, new AbortController().signal)
    assert.ok(begun)
    const at = { ...job, cursor: begun.cursor }
    await kind?.step(at, new AbortController().signal)
    await kind?.step(at, new AbortController().signal)
    assert.equal(await world.count('keyring.subject_key where subject_id = $1', first), 3)
    assert.equal((await world.jobs.run(job.id)).state, 'done')
    await assert.rejects(
      world.jobs.start('keys.subjects', { subject: 'nobody' }, services.system).then(({ id }) =>
        world.jobs.run(id).then((end) => {
          if (end.state === 'failed') throw new Error(end.errorCode ?? '')
        }),
      ),
      /wrong-use/,
    )
  })
})

test('[vault-73] readers and writers of another process go on while everything is sealed anew; no update is lost', async () => {
  await withWorld(async (world) => {
    const ids = await people(world, 50)
    const { vault } = await world.other()
    for (const id of ids) await vault.get(world.ann, 'contact', id)
    let rotating = true
    let reads = 0
    const written = new Map<Uuid, string>()
    const reader = async (from: number): Promise<void> => {
      for (let i = from; rotating; i += 7) {
        const seen = await vault.get(world.ann, 'contact', ids[i % ids.length] ?? '')
        assert.equal(typeof seen.values['name'], 'string')
        if (i % 3 === 0) assert.ok((await vault.list(world.ann, 'contact', { limit: 50 })).items.length === 50)
        if (i % 5 === 0) await vault.history(world.ann, 'contact', ids[i % ids.length] ?? '')
        reads++
      }
    }
    // Each writer has records of its own, so that whatever it wrote last must stand in the end.
    const writer = async (from: number): Promise<void> => {
      for (let i = from; rotating; i += 2) {
        const id = ids[i % ids.length] ?? ''
        const { version } = await vault.get(world.ann, 'contact', id)
        const name = `改${String(i)}`
        await vault.update(world.ann, 'contact', id, version, { name })
        written.set(id, name)
      }
    }
    const busy = [reader(0), reader(1), reader(2), reader(3), writer(0), writer(1)]
    const watch = Promise.all(busy)
    for (let round = 0; round < 2; round++) {
      await Promise.race([world.run('keys.subjects'), watch])
      await Promise.race([world.run('keys.epoch'), watch])
    }
    rotating = false
    await watch
    assert.ok(reads > 50 && written.size > 20)
    for (const [id, name] of written) assert.equal((await vault.get(world.ann, 'contact', id)).values['name'], name)
    assert.equal(
      await world.count(
        'keyring.subject_key where retired_at is null and generation <> 3 and subject_id = any($1)',
        ids,
      ),
      0,
    )
  })
})

test('[vault-74] an epoch is destroyed only when the database proves that nothing needs it, and then it is gone', async () => {
  await withWorld(async (world) => {
    const [first = ''] = await people(world, 5)
    const { rotation } = world.opened
    await assert.rejects(rotation.destroyEpoch(world.admin, 1), { code: 'bad-input' })
    await assert.rejects(rotation.destroyEpoch(world.admin, 9), { code: 'not-found' })
    const before = await world.vault.digest(world.tenant)
    await world.run('keys.epoch')
    // One key left behind, as by a restore of an older state.
    await world.sql(`update keyring.epoch set state = 'decrypt-only' where epoch = 2`)
    await world.sql(`update keyring.epoch set state = 'active' where epoch = 1`)
    const late = await (await world.other()).vault.create(world.ann, 'contact', { values: { name: '晚到' } })
    await world.sql(`update keyring.epoch set state = 'decrypt-only' where epoch = 1`)
    await world.sql(`update keyring.epoch set state = 'active' where epoch = 2`)
    await assert.rejects(rotation.destroyEpoch(world.admin, 1), (error: Error & { code?: string }) => {
      assert.equal(error.code, 'key-needed')
      assert.match(error.message, /keyring\.subject_key 1$/)
      return true
    })
    await world.run('keys.epoch')
    const needs = await rotation.destroyEpoch(world.admin, 1)
    assert.deepEqual(needs, {
      'keyring.subject_key': 0,
      'crm.capture': 0,
      'identity.provider': 0,
      'identity.credential': 0,
      'identity.mail': 0,
      'identity.mail_server': 0,
      'ops.webhook': 0,
    })
    await rotation.destroyEpoch(world.admin, 2)
    const [row] = await world.sql<{ wrapped: number; detail: string }>(
      'select octet_length(sym_wrapped) + octet_length(index_wrapped) + octet_length(hpke_wrapped) as wrapped from keyring.epoch where epoch = 1',
    )
    assert.equal(row?.wrapped, 0)
    const [told] = await world.sql<{ body: Uint8Array }>(
      `select body from journal.entry where act = 'key.epoch-destroy' order by id limit 1`,
    )
    assert.match(Buffer.from(told?.body ?? []).toString(), /"epoch":1,"looked":\[.*\],"remaining":0/)
    await assert.rejects(rotation.destroyEpoch(world.admin, 1), { code: 'key-destroyed' })
    const fresh = await world.other()
    assert.equal((await fresh.vault.get(world.ann, 'contact', first)).values['name'], '联系人0')
    assert.equal((await fresh.vault.get(world.ann, 'contact', late.id)).values['name'], '晚到')
    await world.vault.remove(world.ann, 'contact', late.id, 1)
    assert.equal((await world.vault.digest(world.tenant))['account']?.digest, before['account']?.digest)
  })
})

test('[vault-74] every table that names an epoch is among those that are asked before one is destroyed', async () => {
  await withWorld(async (world) => {
    const tables = await world.sql<{ name: string }>(
      `select table_schema || '.' || table_name as name from information_schema.columns
       where column_name = 'epoch' and table_schema in ('ops', 'crm', 'keyring', 'journal', 'identity') order by 1`,
    )
    await world.run('keys.epoch')
    const asked = Object.keys(await world.opened.rotation.destroyEpoch(world.admin, 1))
    // The final step of erasures names the last epoch that must go: a bound, not something sealed.
    const others = tables.filter(({ name }) => name !== 'keyring.epoch' && name !== 'ops.erasure_closing')
    for (const { name } of others) assert.ok(asked.includes(name), name)
  })
})

test('[vault-75] an older generation goes only when no header needs it; with its history only when told to forget', async () => {
  await withWorld(async (world) => {
    const [first = ''] = await people(world, 4)
    await world.run('keys.subjects')
    // Every version before stands in the journal, sealed under the first generation.
    const looked = await world.run('keys.drop-generations')
    // Only teams, which hold nothing sealed, need theirs no more.
    const kept = looked.done - (await world.count('crm.team'))
    assert.equal(await world.count('keyring.subject_key where retired_at is not null'), kept)
    assert.equal(
      (await world.vault.history(world.ann, 'contact', first))[0]?.changes.some((one) => one.after === '联系人0'),
      true,
    )
    // A cell that was left behind keeps its generation, whatever is to be forgotten.
    const [left] = await world.sql<{ cell: Uint8Array }>(
      'select cell_contact as cell from crm.contact where id = $1',
      first,
    )
    const old = Buffer.from(left?.cell ?? [])
    old[8] = 1
    await world.sql('update crm.contact set cell_contact = $2 where id = $1', first, old)
    await world.run('keys.drop-generations', { history: 'forget' })
    assert.deepEqual(
      (
        await world.sql<{ id: Uuid }>('select subject_id as id from keyring.subject_key where retired_at is not null')
      ).map(({ id }) => id),
      [first],
    )
    await world.sql('update crm.contact set cell_contact = $2 where id = $1', first, left?.cell)
    await world.run('keys.drop-generations', { history: 'forget' })
    assert.equal(await world.count('keyring.subject_key where retired_at is not null'), 0)
    const history = await world.vault.history(world.ann, 'contact', first)
    assert.equal(history.length, 1)
    assert.equal((await world.vault.get(world.ann, 'contact', first)).values['name'], '联系人0')
    assert.equal((await world.journal.verify(world.tenant)).ok, true)
  })
})

test('[vault-76] a profile of the same hash changes epoch and capture key at once, and back', async () => {
  await withWorld(async (world) => {
    await people(world, 5)
    const before = await world.vault.digest(world.tenant)
    await world.run('keys.profile', { profile: 'post-quantum' })
    await world.run('keys.profile', { profile: 'international' })
    const { epochs } = await world.opened.rotation.states()
    assert.deepEqual(
      epochs.map(({ profile }) => profile),
      ['international', 'post-quantum', 'international'],
    )
    assert.deepEqual(await world.vault.digest(world.tenant), before)
    const bad = await world.jobs.start('keys.profile', { profile: 'des' }, services.system)
    assert.equal((await world.jobs.run(bad.id)).errorCode, 'wrong-use')
  })
})

test('[vault-76] a profile of another hash seals every record anew and builds the search index anew, and back', async () => {
  await withWorld(async (world) => {
    const [first = ''] = await people(world, 12)
    const before = await world.vault.digest(world.tenant)
    const other = await world.other()
    for (const [profile, suite] of [
      ['gm', 3],
      ['international', 1],
    ] as const) {
      await world.run('keys.profile', { profile })
      assert.equal(await world.count(`crm.contact where get_byte(cell_contact, 1) <> ${String(suite)}`), 0)
      assert.equal((await world.opened.search.state()).suite, suite)
      assert.deepEqual(await world.vault.digest(world.tenant), before)
      for (const { vault } of [world, other]) {
        assert.equal((await vault.list(world.ann, 'contact', { search: '联系人11' })).items.length, 1)
        assert.equal((await vault.get(world.ann, 'contact', first)).values['name'], '联系人0')
      }
    }
  })
})

test('[vault-294] the suites of a field are those its cells are sealed by: one, two while records are sealed anew, the new one then', async () => {
  await withWorld(async (world) => {
    await people(world, 6)
    const { rotation } = world.opened
    const contact = async (): Promise<unknown> => (await rotation.cellSuites())('contact', 'contact')
    // All keys are of one suite: nothing is counted.
    assert.deepEqual(await contact(), [{ suite: 1, cells: null }])
    const kind = rotation.kinds.find((one) => one.kind === 'keys.profile')
    assert.ok(kind)
    let job = await world.jobs.start('keys.profile', { profile: 'gm' }, services.system)
    const part = (): unknown => (job.cursor as { readonly part?: string } | null)?.part
    // The new epoch is there, and no record has been sealed anew.
    while (part() !== 'subjects') {
      const { cursor } = await kind.step(job, new AbortController().signal)
      job = { ...job, cursor }
    }
    const { id } = await world.vault.create(world.ann, 'contact', { values: { name: '新来的', mobile: '13800009999' } })
    assert.equal(await world.count('crm.contact where id = $1 and get_byte(cell_contact, 1) = 3', id), 1)
    assert.deepEqual(await contact(), [
      { suite: 1, cells: 6 },
      { suite: 3, cells: 1 },
    ])
    assert.deepEqual((await rotation.cellSuites())('contact', 'identity'), [])
    // Where there is no time to count, the suites of the data keys are named without a number.
    const hurried = (await cellSuites({ store: world.store, tenant: world.tenant, catalogue }, 0))('contact', 'contact')
    assert.deepEqual(hurried.map(({ suite, cells }) => [suite, cells]).sort(), [
      [1, null],
      [3, null],
    ])
    assert.equal((await world.jobs.run(job.id)).state, 'done')
    assert.deepEqual(await contact(), [{ suite: 3, cells: 7 }])
  })
})

test('[vault-109] versions of policies are signed by the suite of the profile in force; those before keep opening by theirs', async () => {
  await withWorld(async (world) => {
    const bytesOf = (row: VersionRow): Uint8Array =>
      utf8(
        canonical({
          kind: 'holdfast/policy-version/1',
          tenant: world.tenant,
          number: row.number,
          document: row.document,
          origin: row.origin,
          digest: Buffer.from(row.sha256).toString('hex'),
        }),
      )
    const seen = new Map<number, string>()
    for (const [profile, suite] of [
      [null, 'Ed25519'],
      ['gm', 'SM2'],
      ['post-quantum', 'ML-DSA-65'],
    ] as const) {
      if (profile !== null) {
        await world.run('keys.profile', { profile })
        assert.ok((await world.other()).rules.current.set)
      }
      const rows = await world.sql<VersionRow>(
        'select number, document, origin, sha256, signature from ops.policy_version order by number',
      )
      for (const row of rows) if (!seen.has(row.number)) seen.set(row.number, suite)
      const signers = await world.keys.signers('policies')
      for (const row of rows) {
        const by = signers.filter((one) => verifySignature(one.suite, one.publicKey, bytesOf(row), row.signature))
        assert.deepEqual(
          by.map((one) => one.suite),
          [seen.get(row.number)],
        )
      }
      assert.equal(seen.get(rows.at(-1)?.number ?? 0), suite)
    }
  })
})

interface VersionRow {
  readonly number: number
  readonly document: string
  readonly origin: string
  readonly sha256: Uint8Array
  readonly signature: Uint8Array
}
