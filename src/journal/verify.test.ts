// Verification after every kind of meddling by the owner of the database.
import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import test from 'node:test'
import { fromBase64url, hex, newId, systemClock } from '#kernel'
import type { Tx } from '#store'
import { openTestDatabase, type TestDatabase } from '#testing'
import type { Signer } from './checkpoint.ts'
import { createJournal, type Journal } from './journal.ts'
import { processMemory } from './memory.ts'
import { leafHash } from './tree.ts'
import type { Bad } from './verify.ts'

const pair = generateKeyPairSync('ed25519')
const signer: Signer = {
  name: 'journal',
  publicKey: fromBase64url(pair.publicKey.export({ format: 'jwk' }).x ?? ''),
  sign: (bytes) => new Uint8Array(sign(null, bytes, pair.privateKey)),
}

/** 3 checkpoints over 4, 8 and 12 entries, and 2 entries that wait. */
const openSealed = async (): Promise<{ db: TestDatabase; journal: Journal; ids: readonly bigint[] }> => {
  const db = await openTestDatabase()
  const journal = createJournal({
    store: db.store,
    clock: systemClock,
    signer,
    origin: 'a.example/log',
    memory: processMemory(),
  })
  const one = (n: number) =>
    ({
      act: 'record.update',
      obj: 'deal',
      recordId: newId(),
      actor: newId(),
      channel: 'api',
      detail: { n },
      image: randomBytes(40),
    }) as const
  for (let i = 0; i < 3; i++) {
    for (let k = 0; k < 4; k++) await journal.record(db.scope, [one(i * 4 + k)])
    await journal.sealUp(db.tenant)
  }
  await journal.record(db.scope, [one(12), one(13)])
  const ids = await db.store.owner((tx) =>
    tx.query<{ id: bigint }>({ text: 'select id from journal.entry order by id' }),
  )
  return { db, journal, ids: ids.map((row) => row.id) }
}

/** The verdict after some statements of the owner; afterwards all is as before. */
const after = async (
  { db, journal }: { db: TestDatabase; journal: Journal },
  ...meddling: (string | ((tx: Tx) => Promise<void>))[]
): Promise<Bad | undefined> => {
  const tables = ['entry', 'leaf', 'checkpoint']
  await db.store.owner(async (tx) => {
    await tx.query({
      text: `create schema keep; ${tables.map((t) => `create table keep.${t} as table journal.${t}`).join(';')}`,
    })
    await tx.query({ text: `set local session_replication_role = replica` })
    for (const what of meddling) await (typeof what === 'string' ? tx.query({ text: what }) : what(tx))
  })
  const verdict = await journal.verify(db.tenant)
  assert.equal(verdict.ok, verdict.firstBad === undefined)
  await db.store.owner((tx) =>
    tx.query({
      text: `set local session_replication_role = replica; ${tables
        .map((t) => `delete from journal.${t}; insert into journal.${t} overriding system value table keep.${t}`)
        .join(';')}; drop schema keep cascade`,
    }),
  )
  return verdict.firstBad
}

test('[journal-10] a sound journal verifies, with progress and the signed checkpoint', async () => {
  const { db, journal } = await openSealed()
  try {
    const steps: number[] = []
    const { root } = await journal.sealUp(db.tenant)
    const verdict = await journal.verify(db.tenant, ({ done, total }) => {
      assert.equal(total, 14)
      steps.push(done)
    })
    assert.deepEqual(
      { ...verdict, checkpoint: null },
      { ok: true, entries: 14, sealed: 14, root: hex(root), checkpoint: null },
    )
    assert.match(verdict.checkpoint ?? '', /^a\.example\/log\n14\n[^\n]{44}\n\n— a\.example\/log /)
    assert.equal(steps.at(-1), 14)
  } finally {
    await db.close()
  }
})

test('[journal-10] one changed byte anywhere in an entry is named by index and id', async () => {
  const all = await openSealed()
  const { db, ids } = all
  try {
    const [{ length } = { length: 0 }] = await db.store.owner((tx) =>
      tx.query<{ length: number }>({
        text: `select octet_length(body) as length from journal.entry where id = ${String(ids[6])}`,
      }),
    )
    assert.ok(length > 200)
    // First, last and some bytes between: braces, names of members, values.
    for (const at of [0, 1, 5, 17, 90, 91, 133, length - 30, length - 2, length - 1]) {
      const bad = await after(
        all,
        `update journal.entry set body = set_byte(body, ${String(at)}, get_byte(body, ${String(at)}) # 1) where id = ${String(ids[6])}`,
      )
      assert.deepEqual([bad?.index, bad?.entry], [6, String(ids[6])], `byte ${String(at)}`)
    }
    const named = async (index: number, id: bigint | undefined, sql: string, what: RegExp): Promise<void> => {
      const bad = await after(all, `update journal.entry set ${sql} where id = ${String(id)}`)
      assert.deepEqual([bad?.index, bad?.entry], [index, String(id)], sql)
      assert.match(bad?.what ?? '', what)
    }
    await named(3, ids[3], `image = set_byte(image, 0, get_byte(image, 0) # 128)`, /image/)
    await named(3, ids[3], `salt = set_byte(salt, 31, get_byte(salt, 31) # 1)`, /image/)
    await named(3, ids[3], `image = null`, /image .* missing/)
    await named(0, ids[0], `act = 'record.view'`, /column act/)
    await named(0, ids[0], `obj = 'deals'`, /column obj/)
    await named(11, ids[11], `actor = '${newId()}'`, /column actor/)
    await named(11, ids[11], `record_id = null`, /column record_id/)
    await named(11, ids[11], `at = at + interval '1 microsecond'`, /column at/)
    // An entry that still waits for the sealer has no index, but it has a name.
    await named(-1, ids[13], `act = 'nothing'`, /column act/)
    const leaf = await after(
      all,
      `update journal.leaf set hash = set_byte(hash, 9, get_byte(hash, 9) # 1) where index = 5`,
    )
    assert.deepEqual([leaf?.index, leaf?.entry], [5, String(ids[5])])
  } finally {
    await db.close()
  }
})

test('[journal-11] missing, reordered, exchanged, added and rolled-back entries are named', async () => {
  const all = await openSealed()
  const { db, ids } = all
  const gone = (index: number): string =>
    `delete from journal.entry where id = ${String(ids[index])}; delete from journal.leaf where index = ${String(index)}`
  const rehash = async (tx: Tx): Promise<void> => {
    const rows = await tx.query<{ id: bigint; body: Uint8Array }>({ text: 'select id, body from journal.entry' })
    for (const { id, body } of rows)
      await tx.query({ text: 'update journal.leaf set hash = $2 where entry_id = $1', values: [id, leafHash(body)] })
  }
  try {
    const entryOnly = await after(all, `delete from journal.entry where id = ${String(ids[2])}`)
    assert.deepEqual([entryOnly?.index, entryOnly?.entry], [2, String(ids[2])])
    assert.match(entryOnly?.what ?? '', /missing/)
    const both = await after(all, gone(6))
    assert.deepEqual([both?.index, both?.what], [6, 'leaf 6 is missing; the next one is 7'])
    const closed = await after(all, gone(6), `update journal.leaf set index = index - 1 where index > 6`)
    assert.deepEqual([closed?.index, /entries 4 to 7 /.test(closed?.what ?? '')], [4, true])
    const swapped = await after(
      all,
      `update journal.leaf set index = 1000 + index where index in (5, 6)`,
      `update journal.leaf set index = case index when 1005 then 6 when 1006 then 5 end where index > 1000`,
    )
    assert.deepEqual([swapped?.index, swapped?.entry], [5, String(ids[6])])
    assert.match(swapped?.what ?? '', /reordered/)
    const forged = await after(all, async (tx) => {
      await tx.query({
        text: `update journal.entry set body = convert_to(replace(convert_from(body, 'UTF8'), '"n":9', '"n":8'), 'UTF8') where id = $1`,
        values: [ids[9]],
      })
      await rehash(tx)
    })
    assert.deepEqual([forged?.index, /entries 8 to 11 /.test(forged?.what ?? '')], [8, true])
    const added = await after(all, async (tx) => {
      const [row] = await tx.query<{ body: Uint8Array }>({
        text: 'select body from journal.entry where id = $1',
        values: [ids[12]],
      })
      await tx.query({
        text: 'insert into journal.leaf (tenant_id, index, entry_id, hash) values ($1, 12, $2, $3)',
        values: [db.tenant, ids[12], leafHash(row?.body ?? new Uint8Array())],
      })
    })
    assert.deepEqual([added?.index, added?.entry], [12, String(ids[12])])
    const cut = await after(
      all,
      `delete from journal.leaf where index >= 8; delete from journal.entry where id >= ${String(ids[8])}`,
    )
    assert.match(cut?.what ?? '', /rolled back: a checkpoint was signed over 12 entries, 8 are here/)
    const rolled = await after(
      all,
      `delete from journal.leaf where index >= 8; delete from journal.entry where id >= ${String(ids[8])}; delete from journal.checkpoint where size > 8`,
    )
    assert.match(rolled?.what ?? '', /rolled back: 12 entries were signed, 8 are here/)
    const unsigned = await after(
      all,
      `update journal.checkpoint set note = replace(note, 'a.example/log', 'b.example/log') where size = 8`,
    )
    assert.match(unsigned?.what ?? '', /checkpoint of size 8 does not carry a valid signature/)
    const restored = await after(
      all,
      `update journal.checkpoint set root = set_byte(root, 0, get_byte(root, 0) # 1) where size = 8`,
    )
    assert.match(restored?.what ?? '', /checkpoint of size 8 is not stored as it was signed/)
    assert.equal(await after(all), undefined)
  } finally {
    await db.close()
  }
})
