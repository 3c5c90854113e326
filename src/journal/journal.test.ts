// The journal on a real database: what is kept, how it is ordered, what is shown.
import assert from 'node:assert/strict'
import { createHash, generateKeyPairSync, randomBytes, randomInt, sign } from 'node:crypto'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import test from 'node:test'
import fc from 'fast-check'
import {
  canonical,
  fixedClock,
  fromBase64url,
  fromHex,
  fromUtf8,
  hex,
  isFault,
  newId,
  systemClock,
  utf8,
} from '#kernel'
import { openTestDatabase, type TestDatabase } from '#testing'
import type { Signer } from './checkpoint.ts'
import { commit, type EntryInput, entryBody, readBody } from './entry.ts'
import { createJournal, type Journal } from './journal.ts'
import { fileMemory, type Memory, processMemory } from './memory.ts'
import { leafHash, verifyConsistency, verifyInclusion } from './tree.ts'

const pair = generateKeyPairSync('ed25519')
const signer: Signer = {
  name: 'journal',
  publicKey: fromBase64url(pair.publicKey.export({ format: 'jwk' }).x ?? ''),
  sign: (bytes) => new Uint8Array(sign(null, bytes, pair.privateKey)),
}
const origin = 'holdfast.example/test'
const actor = newId()

const entry = (n: number, more: Partial<EntryInput> = {}): EntryInput => ({
  act: 'record.update',
  obj: 'account',
  recordId: newId(),
  actor,
  decision: 'allow',
  groups: ['basic'],
  channel: 'web',
  ip: '127.0.0.1',
  detail: { n },
  ...more,
})

const withJournal = async (
  work: (db: TestDatabase, journal: Journal) => Promise<void>,
  more: { signer?: Signer; memory?: Memory } = {},
): Promise<void> => {
  const db = await openTestDatabase()
  try {
    await work(db, createJournal({ store: db.store, clock: systemClock, signer, origin, ...more }))
  } finally {
    await db.close()
  }
}

const count = async (db: TestDatabase, table: string): Promise<number> => {
  const rows = await db.store.owner((tx) =>
    tx.query<{ n: number }>({ text: `select count(*)::int as n from ${table}` }),
  )
  return rows[0]?.n ?? -1
}

const texts = fc.string({ unit: 'grapheme', maxLength: 40 })

test('[journal-1] an entry is kept if and only if its transaction is', () =>
  withJournal(async (db, journal) => {
    const write = db.store.transaction(db.scope, async (tx) => {
      await journal.append(tx, db.tenant, [entry(1)])
      throw new Error('changed my mind')
    })
    await assert.rejects(write, /changed my mind/)
    assert.equal(await count(db, 'journal.entry'), 0)
    await db.store.transaction(db.scope, (tx) => journal.append(tx, db.tenant, [entry(1), entry(2)]))
    await journal.record(db.scope, [entry(3)])
    await journal.record(db.scope, [])
    assert.equal(await count(db, 'journal.entry'), 3)
  }))

test('[journal-2] a body is canonical, says all it must, and reads back', () => {
  fc.assert(
    fc.property(texts, texts, fc.jsonValue(), fc.boolean(), (act, purpose, detail, image) => {
      const at = new Date('2026-02-03T04:05:06.789Z')
      const tenant = newId()
      const body = entryBody(
        tenant,
        at,
        entry(1, { act, purpose, detail: detail as EntryInput['detail'] & object }),
        image ? 'aa' : null,
      )
      assert.equal(canonical(JSON.parse(fromUtf8(body))), fromUtf8(body))
      const told = readBody(body)
      assert.ok(told)
      assert.equal(told.at.getTime(), at.getTime())
      assert.deepEqual(
        [told.act, told.purpose, told.tenant, told.actor, told.channel],
        [act, purpose, tenant, actor, 'web'],
      )
      assert.equal(told.commitment, image ? 'aa' : null)
      assert.ok(!body.includes(10), 'no raw newline')
    }),
  )
  assert.equal(readBody(utf8('{"v":2}')), null)
  assert.equal(readBody(utf8('nonsense')), null)
  assert.equal(readBody(Uint8Array.of(0xff)), null)
  assert.throws(
    () => entryBody(newId(), new Date(), entry(1, { purpose: 'x'.repeat(65_535) }), null),
    (error) => isFault(error, 'too-large'),
  )
})

test('[journal-2] the leaf is the hash of the stored bytes', () =>
  withJournal(async (db, journal) => {
    await journal.record(db.scope, [entry(1, { purpose: '张伟 \u2028 \\ "' }), entry(2)])
    await journal.sealUp(db.tenant)
    const rows = await db.store.owner((tx) =>
      tx.query<{ body: Uint8Array; hash: Uint8Array }>({
        text: 'select e.body, l.hash from journal.entry e join journal.leaf l on l.entry_id = e.id order by l.index',
      }),
    )
    assert.equal(rows.length, 2)
    for (const { body, hash } of rows) {
      assert.equal(hex(hash), createHash('sha256').update(Uint8Array.of(0)).update(body).digest('hex'))
      assert.equal(hex(leafHash(body)), hex(hash))
    }
  }))

test('[journal-3] a body holds a salted digest of its image and nothing else of it', () =>
  withJournal(async (db, journal) => {
    const image = utf8('sealed after-image')
    await journal.record(db.scope, [entry(1, { image }), entry(2, { image }), entry(3)])
    const rows = await db.store.owner((tx) =>
      tx.query<{ body: Uint8Array; salt: Uint8Array | null; image: Uint8Array | null }>({
        text: 'select body, salt, image from journal.entry order by id',
      }),
    )
    const told = rows.map((row) => readBody(row.body)?.commitment ?? null)
    assert.notEqual(told[0], told[1], 'equal images do not look equal')
    assert.equal(told[2], null)
    for (const [i, row] of rows.slice(0, 2).entries()) {
      assert.ok(row.salt && row.image)
      assert.equal(row.salt.length, 32)
      assert.equal(commit(row.salt, row.image), told[i])
      assert.ok(!fromUtf8(row.body).includes('after-image'))
    }
  }))

test('[journal-7] 12 writers with savepoints, rollbacks and late commits: none missed, indexes gapless', () =>
  withJournal(async (db, journal) => {
    const kept = new Set<number>()
    let writing = true
    const writer = async (w: number): Promise<void> => {
      for (let i = 0; i < 25; i++) {
        const base = w * 10_000 + i * 10
        const inner = i % 3 === 0
        const fails = i % 5 === 4
        try {
          await db.store.transaction(db.scope, async (tx) => {
            await journal.append(tx, db.tenant, [entry(base), entry(base + 1)])
            if (inner) {
              await tx.query({ text: 'savepoint a' })
              await journal.append(tx, db.tenant, [entry(base + 2)])
              await tx.query({ text: i % 2 ? 'rollback to savepoint a' : 'release savepoint a' })
            }
            if (i % 4 === 0) await new Promise((resolve) => setTimeout(resolve, randomInt(15)))
            await journal.append(tx, db.tenant, [entry(base + 3)])
            if (fails) throw new Error('rolled back')
          })
          for (const n of [0, 1, 3, ...(inner && i % 2 === 0 ? [2] : [])]) kept.add(base + n)
        } catch (error) {
          assert.match(String(error), /rolled back/)
        }
      }
    }
    const second = createJournal({ store: db.store, clock: systemClock, signer, origin })
    const seal = async (by: Journal): Promise<void> => {
      while (writing) await by.sealUp(db.tenant)
    }
    const sealers = Promise.all([seal(journal), seal(second)])
    await Promise.all(Array.from({ length: 12 }, (_, w) => writer(w)))
    writing = false
    await sealers
    const { size, behind } = await journal.sealUp(db.tenant)
    assert.equal(behind, 0)
    assert.equal(size, BigInt(kept.size))
    const rows = await db.store.owner((tx) =>
      tx.query<{ index: bigint; body: Uint8Array }>({
        text: 'select l.index, e.body from journal.leaf l join journal.entry e on e.id = l.entry_id order by l.index',
      }),
    )
    rows.forEach((row, i) => assert.equal(row.index, BigInt(i)))
    const seen = new Set(rows.map((row) => (readBody(row.body)?.detail as { n: number }).n))
    assert.deepEqual(
      [...seen].sort((a, b) => a - b),
      [...kept].sort((a, b) => a - b),
    )
    assert.ok((await journal.verify(db.tenant)).ok)
  }))

test('[journal-7] an entry that took its number early and commits late is sealed, after the others', () =>
  withJournal(async (db, journal) => {
    await db.store.transaction(db.scope, async (tx) => {
      await journal.append(tx, db.tenant, [entry(1)])
      await journal.record(db.scope, [entry(2)])
      const { size, behind } = await journal.sealUp(db.tenant)
      assert.deepEqual([size, behind], [0n, 1], 'the later one waits for the earlier transaction')
    })
    assert.equal((await journal.sealUp(db.tenant)).size, 2n)
    assert.equal((await journal.sealUp(db.tenant)).size, 2n)
  }))

test('[journal-7] entries with transaction ids of a former database are sealed', () =>
  withJournal(async (db, journal) => {
    await journal.record(db.scope, [entry(1), entry(2)])
    await db.store.owner((tx) => tx.query({ text: `update journal.entry set tx = '99999999999'::xid8` }))
    const fresh = createJournal({ store: db.store, clock: systemClock, signer, origin })
    assert.equal((await fresh.sealUp(db.tenant)).size, 2n)
    await journal.record(db.scope, [entry(3)])
    assert.equal((await fresh.sealUp(db.tenant)).size, 3n)
    assert.ok((await fresh.verify(db.tenant)).ok)
  }))

test('[journal-7] the background sealer works, and once more when stopped', () =>
  withJournal(async (db, journal) => {
    journal.start(db.tenant, 5)
    journal.start(db.tenant, 5)
    await journal.record(db.scope, [entry(1)])
    for (let i = 0; i < 400 && (await count(db, 'journal.leaf')) === 0; i++) await new Promise((r) => setTimeout(r, 5))
    assert.equal(await count(db, 'journal.leaf'), 1)
    await journal.record(db.scope, [entry(2)])
    await journal.stop()
    assert.equal(await count(db, 'journal.leaf'), 2)
  }))

test('[journal-8] a sealer that fails after it wrote its leaves leaves nothing', () =>
  withJournal(async (db, journal) => {
    const failing: Signer = {
      ...signer,
      sign: () => {
        throw new Error('no key')
      },
    }
    const broken = createJournal({ store: db.store, clock: systemClock, signer: failing, origin })
    await journal.record(db.scope, [entry(1), entry(2)])
    await assert.rejects(broken.sealUp(db.tenant), /no key/)
    assert.equal(await count(db, 'journal.leaf'), 0)
    assert.equal((await journal.sealUp(db.tenant)).size, 2n)
    assert.ok((await journal.verify(db.tenant)).ok)
  }))

test('[journal-8] sealers killed with signal 9 do no harm', { timeout: 60_000 }, () =>
  withJournal(async (db, journal) => {
    const script = `
      import { createPrivateKey, sign } from 'node:crypto'
      import { openStore } from '#store'
      import { createJournal } from '#journal'
      import { systemClock } from '#kernel'
      import { catalogue } from './src/crm/catalogue.ts'
      import { railWalls } from '#access'
      const key = createPrivateKey(process.env.KEY)
      const signer = { name: 'journal', publicKey: Buffer.from(process.env.PUBLIC, 'hex'), sign: (b) => new Uint8Array(sign(null, b, key)) }
      const store = await openStore({ data: process.env.DATA, databaseUrl: process.env.URL, appDatabaseUrl: process.env.APP, catalogue, walls: railWalls(catalogue) })
      const journal = createJournal({ store, clock: systemClock, signer, origin: process.env.ORIGIN })
      console.log('ready')
      for (;;) await journal.sealUp(process.env.TENANT)`
    for (let round = 0; round < 3; round++) {
      const child = spawn(process.execPath, ['--input-type=module', '--eval', script], {
        cwd: new URL('../..', import.meta.url),
        stdio: ['ignore', 'pipe', 'inherit'],
        env: {
          ...process.env,
          KEY: pair.privateKey.export({ format: 'pem', type: 'pkcs8' }),
          PUBLIC: hex(signer.publicKey),
          ORIGIN: origin,
          DATA: db.data,
          URL: db.url,
          APP: db.appUrl,
          TENANT: db.tenant,
        },
      })
      const gone = once(child, 'exit')
      await Promise.race([once(child.stdout, 'data'), gone])
      for (let i = 0; i < 20; i++)
        await journal.record(
          db.scope,
          Array.from({ length: 50 }, (_, n) => entry(n)),
        )
      child.kill('SIGKILL')
      await gone
    }
    assert.ok((await count(db, 'journal.leaf')) > 0, 'they did seal before they died')
    const { size } = await journal.sealUp(db.tenant)
    assert.equal(size, 3000n)
    const verdict = await journal.verify(db.tenant)
    assert.deepEqual([verdict.ok, verdict.sealed], [true, 3000])
  }),
)

test('[journal-12] lists come newest first, page by page, filtered, as the bytes tell them', () =>
  withJournal(async (db) => {
    const clock = fixedClock('2026-01-01T00:00:00.000Z')
    const journal = createJournal({ store: db.store, clock, signer, origin })
    const record = newId()
    for (let i = 0; i < 7; i++) {
      await journal.record(db.scope, [
        entry(i, i % 2 ? { act: 'export', purpose: 'x', recordId: record } : { act: 'record.view' }),
      ])
      clock.advance(1000)
    }
    await journal.sealUp(db.tenant)
    const read = (q: Parameters<Journal['list']>[2]): ReturnType<Journal['list']> =>
      db.store.transaction(db.scope, (tx) => journal.list(tx, db.tenant, q))
    const seen: number[] = []
    for (let before: bigint | undefined; ;) {
      const page = await read(before === undefined ? { limit: 3 } : { limit: 3, before })
      seen.push(...page.items.map((item) => (item.detail as { n: number }).n))
      if (page.next === undefined) break
      before = BigInt(page.next)
    }
    assert.deepEqual(seen, [6, 5, 4, 3, 2, 1, 0])
    const numbers = async (q: Parameters<Journal['list']>[2]): Promise<number[]> =>
      (await read(q)).items.map((item) => (item.detail as { n: number }).n)
    assert.deepEqual(await numbers({ act: 'export' }), [5, 3, 1])
    assert.deepEqual(await numbers({ recordId: record, obj: 'account' }), [5, 3, 1])
    assert.deepEqual(await numbers({ actor: newId() }), [])
    assert.deepEqual(
      await numbers({ from: new Date('2026-01-01T00:00:02Z'), to: new Date('2026-01-01T00:00:04Z') }),
      [3, 2],
    )
    const [first] = (await read({ limit: 1 })).items
    assert.equal(first?.index, 6n)
    assert.equal(first.ip, '127.0.0.1')
    assert.equal(first.at.toISOString(), '2026-01-01T00:00:06.000Z')
  }))

test('[journal-12] images of a record come oldest first, without the looks at it', () =>
  withJournal(async (db, journal) => {
    const recordId = newId()
    const images = [randomBytes(300), randomBytes(20)]
    await journal.record(db.scope, [entry(1, { recordId, act: 'record.create', image: images[0] ?? randomBytes(1) })])
    await journal.record(db.scope, [entry(2, { recordId, act: 'record.view' }), entry(3)])
    await journal.record(db.scope, [entry(4, { recordId, image: images[1] ?? randomBytes(1) })])
    await journal.record(db.scope, [entry(5, { recordId, act: 'record.delete' })])
    const found = await db.store.transaction(db.scope, (tx) => journal.images(tx, db.tenant, 'account', recordId))
    assert.deepEqual(
      found.map((row) => row.act),
      ['record.create', 'record.update', 'record.delete'],
    )
    assert.deepEqual(
      found.map((row) => row.image && hex(row.image)),
      [...images.map((image) => hex(image)), null],
    )
  }))

test('[journal-12] proofs given out verify', () =>
  withJournal(async (db, journal) => {
    await journal.record(
      db.scope,
      Array.from({ length: 11 }, (_, n) => entry(n)),
    )
    const { size, root } = await journal.sealUp(db.tenant)
    const newest = await db.store.transaction(db.scope, (tx) => journal.checkpoint(tx, db.tenant))
    assert.deepEqual([newest?.size, newest?.root], [size, hex(root)])
    for (const index of [0n, 7n, 10n]) {
      const proof = await journal.inclusion(db.tenant, index)
      assert.equal(hex(leafHash(proof.body)), proof.leaf)
      assert.ok(verifyInclusion(index, size, fromHex(proof.leaf), proof.hashes.map(fromHex), root))
    }
    const older = await journal.inclusion(db.tenant, 2n, 5n)
    assert.equal(older.size, 5n)
    assert.ok(verifyInclusion(2n, 5n, fromHex(older.leaf), older.hashes.map(fromHex), fromHex(older.root)))
    const bridge = await journal.consistency(db.tenant, 4n, 11n)
    assert.ok(verifyConsistency(4n, 11n, fromHex(bridge.fromRoot), root, bridge.hashes.map(fromHex)))
    await assert.rejects(journal.inclusion(db.tenant, 11n), (error) => isFault(error, 'not-found'))
    await assert.rejects(journal.consistency(db.tenant, 0n, 3n), (error) => isFault(error, 'not-found'))
    await assert.rejects(journal.consistency(db.tenant, 3n, 12n), (error) => isFault(error, 'not-found'))
  }))

test('[journal-9] what was signed is remembered in a file beside the database', () =>
  withJournal(async (db) => {
    const memory = fileMemory(join(db.data, 'journal.checkpoint'))
    const open = (): Journal => createJournal({ store: db.store, clock: systemClock, signer, origin, memory })
    assert.equal(await memory.load(), null)
    const journal = open()
    await journal.record(db.scope, [entry(1), entry(2)])
    await journal.sealUp(db.tenant)
    assert.match((await memory.load()) ?? '', /^holdfast\.example\/test\n2\n/)
    // The same database as of this morning: nothing inside it is wrong.
    await db.store.owner((tx) =>
      tx.query({ text: 'delete from journal.leaf; delete from journal.checkpoint; delete from journal.entry' }),
    )
    const verdict = await open().verify(db.tenant)
    assert.match(verdict.firstBad?.what ?? '', /rolled back: 2 entries were signed, 0 are here/)
    await assert.rejects(open().sealUp(db.tenant), /rolled back from 2 to 0/)
  }))

test('[journal-9] over a history that is not the one signed, the sealer stops', async () => {
  const memory = processMemory()
  await withJournal(
    async (db, journal) => {
      await journal.record(db.scope, [entry(1), entry(2)])
      await journal.sealUp(db.tenant)
      await journal.record(db.scope, [entry(3)])
      const stops = async (sql: string, because: RegExp): Promise<void> => {
        await db.store.owner((tx) =>
          tx.query({
            text: `create schema keep; create table keep.c as table journal.checkpoint; create table keep.l as table journal.leaf; ${sql}`,
          }),
        )
        await assert.rejects(
          journal.sealUp(db.tenant),
          (error) => isFault(error, 'journal-broken') && because.test(error.message),
        )
        await db.store.owner((tx) =>
          tx.query({
            text: `delete from journal.leaf; delete from journal.checkpoint; insert into journal.checkpoint table keep.c;
              insert into journal.leaf table keep.l; drop schema keep cascade`,
          }),
        )
      }
      await stops(
        `update journal.checkpoint set frontier = set_byte(frontier, 3, get_byte(frontier, 3) # 1)`,
        /not what was signed/,
      )
      await stops(
        `update journal.checkpoint set note = replace(note, E'\\n2\\n', E'\\n1\\n'), size = 1`,
        /not what was signed/,
      )
      await stops(`delete from journal.leaf where index = 1`, /stands over 1 leaves/)
      await stops(`delete from journal.checkpoint`, /no checkpoint/)
      await stops(`delete from journal.checkpoint; delete from journal.leaf`, /rolled back/)
      assert.equal((await journal.sealUp(db.tenant)).size, 3n)
    },
    { memory },
  )
})
