// Files on records: who gets in, what is stored, what an interrupted or forged upload leaves behind.
import assert from 'node:assert/strict'
import { createHash, randomBytes } from 'node:crypto'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type Actor, isFault, type Uuid, utf8 } from '#kernel'
import { openTestVault, type TestVault } from '../../test/support/vault.ts'
import { oneColumn } from './chunks.ts'
import type { Attachment, FileOffered } from './vault.ts'

let opened: Promise<TestVault> | undefined
const world = (): Promise<TestVault> => (opened ??= openTestVault())
after(async () => {
  if (opened) await (await opened).close()
})

async function* pieces(bytes: Uint8Array, size = 50_000): AsyncGenerator<Uint8Array> {
  await Promise.resolve()
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

const offered = (name: string, bytes: Uint8Array, more: Partial<FileOffered> = {}): FileOffered => ({
  name,
  declared: '',
  limit: 100 * 1024 * 1024,
  bytes: pieces(bytes),
  ...more,
})

const read = async (w: TestVault, actor: Actor, record: Uuid, id: Uuid): Promise<Buffer> => {
  const { bytes } = await w.vault.attachments.open(actor, 'contact', record, id)
  return Buffer.concat(await Array.fromAsync(bytes))
}

const contact = async (w: TestVault, actor: Actor, name = 'Zhang San'): Promise<Uuid> =>
  (await w.vault.create(actor, 'contact', { values: { name, mobile: '13800138000' } })).id

const rows = async (w: TestVault, table: string): Promise<number> => {
  const [row] = await w.store.owner((tx) =>
    tx.query<{ n: number }>({ text: `select count(*)::int as n from ${table}` }),
  )
  return row?.n ?? -1
}

const refused = (code: Parameters<typeof isFault>[1]) => (error: unknown) => isFault(error, code)

test('[vault-18] a file of any size comes back byte for byte; small ones and ones that are staged', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  for (const size of [0, 1, 65_536, 65_537, 3 * 1024 * 1024 + 17]) {
    const bytes = randomBytes(size)
    const made = await w.vault.attachments.add(w.ann, 'contact', record, offered('合同.bin', bytes))
    assert.equal(made.size, size)
    assert.deepEqual(
      createHash('sha256')
        .update(await read(w, w.ann, record, made.id))
        .digest(),
      createHash('sha256').update(bytes).digest(),
    )
  }
  assert.equal(await rows(w, 'crm.upload_part'), 0)
  const list = await w.vault.attachments.list(w.ann, 'contact', record)
  assert.deepEqual(
    list.map((file) => file.size),
    [3 * 1024 * 1024 + 17, 65_537, 65_536, 1, 0],
  )
})

test('[vault-18] neither content nor name of a file is in the database', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const marker = 'geheim-zq81-身份证'
  await w.vault.attachments.add(w.ann, 'contact', record, offered(`${marker}.txt`, utf8(marker.repeat(5000))))
  const dump = await w.store.owner(async (tx) => {
    const tables = await tx.query<{ name: string }>({
      text: `select n.nspname || '.' || c.relname as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname in ('crm', 'journal', 'ops', 'identity', 'keyring') and c.relkind = 'r'`,
    })
    const parts: Buffer[] = []
    for (const { name } of tables)
      for await (const part of tx.copyOut(`copy (select * from ${name}) to stdout (format binary)`))
        parts.push(Buffer.from(part))
    return Buffer.concat(parts)
  })
  assert.ok(dump.length > 70_000)
  assert.equal(dump.includes(marker), false)
  assert.equal(dump.includes('geheim'), false)
})

test('[vault-17] files follow the rights of the record and of their field group', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const add = (who: Actor, group?: FileOffered['group']): Promise<Attachment> =>
    w.vault.attachments.add(who, 'contact', record, offered('a.txt', utf8('x'), group === undefined ? {} : { group }))
  const plain = await add(w.ann, 'basic')
  const secret = await add(w.ann, 'contact')
  assert.deepEqual([plain.visibility, secret.visibility], ['plain', 'plain'])
  // Another team: the record does not exist for them, so neither do its files.
  for (const work of [
    () => w.vault.attachments.list(w.dan, 'contact', record),
    () => add(w.dan),
    () => read(w, w.dan, record, plain.id),
    () => w.vault.attachments.remove(w.dan, 'contact', record, plain.id),
  ])
    await assert.rejects(work, refused('not-found'))
  // Shared: who it is may be read, contact data is behind a mask, and nothing may be written.
  await w.vault.share(w.ann, 'contact', record, [w.bob.principal.id])
  const seen = new Map((await w.vault.attachments.list(w.bob, 'contact', record)).map((file) => [file.id, file]))
  assert.equal(seen.get(plain.id)?.name, 'a.txt')
  assert.deepEqual([seen.get(secret.id)?.visibility, seen.get(secret.id)?.name], ['masked', '•••.txt'])
  assert.equal((await read(w, w.bob, record, plain.id)).toString(), 'x')
  await assert.rejects(read(w, w.bob, record, secret.id), refused('denied'))
  await assert.rejects(add(w.bob), refused('denied'))
  await assert.rejects(w.vault.attachments.remove(w.bob, 'contact', record, plain.id), refused('denied'))
  // The manager is above the team: masked until there is a reason.
  await assert.rejects(read(w, w.manager, record, secret.id), refused('denied'))
  assert.equal((await read(w, w.because(w.manager, 'complaint 12'), record, secret.id)).toString(), 'x')
  // A file of one record is not to be had through another, nor through another type.
  const other = await contact(w, w.ann, 'Li Si')
  await assert.rejects(read(w, w.ann, other, plain.id), refused('not-found'))
  await assert.rejects(w.vault.attachments.open(w.ann, 'lead', record, plain.id), refused('not-found'))
  await assert.rejects(w.vault.attachments.list(w.admin, 'user', w.ann.principal.id), refused('not-found'))
  await assert.rejects(
    w.vault.attachments.add(w.ann, 'contact', record, offered('a', utf8('x'), { group: 'financial' })),
    refused('bad-value'),
  )
})

test('[vault-17] each way in and out of a file is in the journal, refusals too', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const file = await w.vault.attachments.add(
    w.ann,
    'contact',
    record,
    offered('secret name.txt', utf8('x'), { group: 'contact' }),
  )
  await read(w, w.ann, record, file.id)
  await assert.rejects(read(w, w.dan, record, file.id))
  await w.vault.attachments.remove(w.ann, 'contact', record, file.id)
  const entries = await w.store.owner((tx) =>
    tx.query<{ act: string; actor: Uuid; body: Uint8Array }>({
      text: `select act, actor, body from journal.entry where record_id = $1 or (record_id = $2 and act = 'denied') order by id`,
      values: [file.id, record],
    }),
  )
  assert.deepEqual(
    entries.map(({ act, actor }) => [act, actor]),
    [
      ['attachment.create', w.ann.principal.id],
      ['attachment.download', w.ann.principal.id],
      ['denied', w.dan.principal.id],
      ['attachment.delete', w.ann.principal.id],
    ],
  )
  for (const { body } of entries) assert.equal(Buffer.from(body).includes('secret name'), false)
})

test('[vault-18] what is deleted leaves neither chunks nor a name', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const file = await w.vault.attachments.add(w.ann, 'contact', record, offered('a.txt', utf8('x')))
  await w.vault.attachments.remove(w.ann, 'contact', record, file.id)
  assert.deepEqual(await w.vault.attachments.list(w.ann, 'contact', record), [])
  await assert.rejects(read(w, w.ann, record, file.id), refused('not-found'))
  const [row] = await w.store.owner((tx) =>
    tx.query<{ chunks: number; cell: Uint8Array | null }>({
      text: `select (select count(*)::int from crm.attachment_chunk c where c.attachment_id = a.id) as chunks, a.cell_file as cell
             from crm.attachment a where a.id = $1`,
      values: [file.id],
    }),
  )
  assert.deepEqual(row, { chunks: 0, cell: null })
  // A deleted record keeps its files closed, and gives them back with itself.
  const kept = await w.vault.attachments.add(w.ann, 'contact', record, offered('b.txt', utf8('y')))
  const { version } = await w.vault.get(w.ann, 'contact', record)
  await w.vault.remove(w.ann, 'contact', record, version)
  await assert.rejects(read(w, w.ann, record, kept.id), refused('not-found'))
  await w.vault.recover(w.ann, 'contact', record)
  assert.equal((await read(w, w.ann, record, kept.id)).toString(), 'y')
})

test('[vault-18] an upload that breaks off, is too long or is a program leaves nothing', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const before = [await rows(w, 'crm.attachment'), await rows(w, 'crm.attachment_chunk')]
  async function* broken(): AsyncGenerator<Uint8Array> {
    yield* pieces(randomBytes(5 * 1024 * 1024))
    throw new Error('the sender is gone')
  }
  const add = (file: FileOffered): Promise<Attachment> => w.vault.attachments.add(w.ann, 'contact', record, file)
  await assert.rejects(add(offered('a.bin', new Uint8Array(0), { bytes: broken() })), /the sender is gone/)
  const large = randomBytes(4 * 1024 * 1024)
  await assert.rejects(add(offered('a.bin', large, { limit: large.length - 1 })), refused('too-large'))
  await assert.rejects(add(offered('invoice.pdf', Buffer.concat([Buffer.from('MZ'), large]))), refused('file-refused'))
  await assert.rejects(add(offered('run.bat', utf8('del *'))), refused('file-refused'))
  assert.deepEqual([await rows(w, 'crm.attachment'), await rows(w, 'crm.attachment_chunk')], before)
  assert.equal(await rows(w, 'crm.upload_part'), 0)
  // What a killed process left is swept by the next upload, what is under way stays.
  await w.store.owner((tx) =>
    tx.query({
      text: `insert into crm.upload_part (tenant_id, upload_id, number, bytes, at) values
             ($1, gen_random_uuid(), 0, 'old', now() - interval '20 minutes'), ($1, gen_random_uuid(), 0, 'new', now())`,
      values: [w.tenant],
    }),
  )
  await add(offered('a.txt', utf8('x')))
  assert.equal(await rows(w, 'crm.upload_part'), 1)
  await w.store.owner((tx) => tx.query({ text: 'delete from crm.upload_part' }))
})

test('[vault-18] rights that end while a file comes in stop it', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  async function* slow(): AsyncGenerator<Uint8Array> {
    yield randomBytes(100_000)
    await w.vault.assign(w.admin, 'contact', record, w.dan.principal.id)
    yield randomBytes(100_000)
  }
  const add = w.vault.attachments.add(w.ann, 'contact', record, offered('a.bin', new Uint8Array(0), { bytes: slow() }))
  await assert.rejects(add, refused('not-found'))
  assert.deepEqual(await w.vault.attachments.list(w.dan, 'contact', record), [])
})

test('[vault-18] chunks, headers and files changed or exchanged in the database do not open', async () => {
  const w = await world()
  const record = await contact(w, w.ann)
  const bytes = randomBytes(150_000)
  const add = async (): Promise<Uuid> =>
    (await w.vault.attachments.add(w.ann, 'contact', record, offered('a.bin', bytes))).id
  const tamper = async (what: string, text: string, other?: Uuid): Promise<void> => {
    const id = await add()
    await w.store.owner((tx) => tx.query({ text, values: other === undefined ? [id] : [id, other] }))
    await assert.rejects(read(w, w.ann, record, id), refused('cell-does-not-open'), what)
    await w.store.owner(async (tx) => {
      await tx.query({ text: 'delete from crm.attachment_chunk where attachment_id = $1', values: [id] })
      await tx.query({ text: 'delete from crm.attachment where id = $1', values: [id] })
    })
  }
  const chunk = 'update crm.attachment_chunk set'
  await tamper(
    'a bit',
    `${chunk} bytes = set_byte(bytes, 9, get_byte(bytes, 9) # 1) where attachment_id = $1 and number = 1`,
  )
  await tamper('the last is missing', 'delete from crm.attachment_chunk where attachment_id = $1 and number = 2')
  await tamper(
    'the last is missing and the count says so',
    `with gone as (delete from crm.attachment_chunk where attachment_id = $1 and number = 2)
     update crm.attachment set chunks = 2, size = 131072 where id = $1`,
  )
  await tamper(
    'swapped',
    `${chunk} bytes = (select c.bytes from crm.attachment_chunk c where c.attachment_id = $1 and c.number = 1) where attachment_id = $1 and number = 0`,
  )
  await tamper(
    'salt',
    'update crm.attachment set header = set_byte(header, 20, get_byte(header, 20) # 1) where id = $1',
  )
  await tamper('size', 'update crm.attachment set size = size + 1 where id = $1')
  // Another group would be another right to see it.
  await tamper('group', `update crm.attachment set field_group = 'basic' where id = $1`)
  const other = await add()
  await tamper(
    'chunk of another file',
    `${chunk} bytes = (select c.bytes from crm.attachment_chunk c where c.attachment_id = $2 and c.number = 0) where attachment_id = $1 and number = 0`,
    other,
  )
  // The whole file hung on another record.
  const strange = await contact(w, w.dan, 'Wang Wu')
  await w.store.owner((tx) =>
    tx.query({ text: 'update crm.attachment set record_id = $2 where id = $1', values: [other, strange] }),
  )
  await assert.rejects(read(w, w.dan, strange, other), refused('cell-does-not-open'))
})

test('[vault-18] rows of one column are read out of a binary copy, and nothing else is taken for one', () => {
  const u32 = (n: number): Buffer => {
    const out = Buffer.alloc(4)
    out.writeUInt32BE(n)
    return out
  }
  const copy = (values: readonly Uint8Array[]): Buffer =>
    Buffer.concat([
      Buffer.from('PGCOPY\n\xff\r\n\0', 'latin1'),
      u32(0),
      u32(0),
      ...values.flatMap((value) => [Buffer.of(0, 1), u32(value.length), value]),
      Buffer.of(0xff, 0xff),
    ])
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 40 })), fc.nat(), (values, cut) => {
      const whole = copy(values)
      assert.deepEqual(
        oneColumn(whole)?.map((value) => [...value]),
        values.map((value) => [...value]),
      )
      assert.equal(oneColumn(whole.subarray(0, cut % whole.length)), null)
      assert.equal(oneColumn(Buffer.concat([whole, Buffer.of(0)])), null)
    }),
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => void oneColumn(bytes)))
})
