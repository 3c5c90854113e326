// For tests and benches of backups: an installation with keys of its own and synthetic records, written as the vault writes
// them: row, search tokens, subject's key and journal entry in one transaction, sealed values as random bytes.
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { type Backups, createBackupIdentity, createBackups, fingerprint, type WriterConfig } from '#backup'
import type { Signer } from '#encryption'
import { createJournal, type Journal } from '#journal'
import { type Clock, newId, type Scope, services, systemClock, type Uuid } from '#kernel'
import type { Store, Tx } from '#store'
import { catalogue, openTestDatabase, temporaryFolder } from './index.ts'

export interface BackupHouse {
  readonly store: Store
  readonly tenant: Uuid
  readonly scope: Scope
  readonly url: string
  readonly appUrl: string
  readonly journal: Journal
  readonly backups: Backups
  readonly writer: WriterConfig
  /** Text of the identity file. */
  readonly identity: string
  /** Folder of the repository; not made yet. */
  readonly repo: string
  close(): Promise<void>
}

export const openBackupHouse = async (o: { clock?: Clock; signer?: Signer } = {}): Promise<BackupHouse> => {
  const { store, tenant, scope, url, appUrl, data, close } = await openTestDatabase()
  const clock = o.clock ?? systemClock
  const signer = o.signer ?? newSigner('backup')
  const journal = createJournal({
    store,
    clock,
    signer: o.signer ?? newSigner('journal'),
    origin: `holdfast.test/${tenant}`,
  })
  const { identity, recipient } = createBackupIdentity({ verifyKey: signer })
  const writer: WriterConfig = { recipient, recipientId: fingerprint(recipient), signer, dedupKey: randomBytes(32) }
  const backups = createBackups({ store, journal, clock, tenant, catalogue, writer })
  const folder = temporaryFolder()
  await store.transaction(scope, (tx) => addEpoch(tx, tenant))
  return {
    store,
    tenant,
    scope,
    url,
    appUrl,
    journal,
    backups,
    writer,
    identity,
    repo: join(folder, 'repo'),
    close: async () => {
      await close()
      await rm(folder, { recursive: true, force: true })
      await rm(data, { recursive: true, force: true })
    },
  }
}

/** A fresh Ed25519 signer. */
export const newSigner = (name: string): Signer => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519')
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32)
  return {
    name,
    suite: 'Ed25519',
    publicKey: new Uint8Array(raw),
    sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)),
  }
}

const addEpoch = (tx: Tx, tenant: Uuid): Promise<unknown> =>
  tx.query({
    text: `insert into keyring.epoch (tenant_id, epoch, state, suite, sym_wrapped, index_wrapped, hpke_public, hpke_wrapped)
      values ($1, 1, 'active', 1, $2, $2, $3, $2)`,
    values: [tenant, randomBytes(60), randomBytes(32)],
  })

/** Bytes that look like a cell of the given length. */
export const cell = (length: number): Buffer => Buffer.concat([Buffer.of(0xc1, 1), randomBytes(length)])

/** Inserts accounts with everything that belongs to them; their ids. */
export const addAccounts = async (
  tx: Tx,
  journal: Journal,
  tenant: Uuid,
  count: number,
  o: { industry?: string; tokens?: number } = {},
): Promise<readonly Uuid[]> => {
  const ids = Array.from({ length: count }, () => newId())
  const cells = ids.map(() => cell(150))
  await tx.query({
    text: `insert into keyring.subject_key (tenant_id, subject_id, generation, epoch, suite, wrapped, commitment)
      select $1, id, 1, 1, 1, w, c from unnest($2::uuid[], $3::bytea[], $4::bytea[]) as r (id, w, c)`,
    values: [tenant, ids, ids.map(() => randomBytes(60)), ids.map(() => randomBytes(32))],
  })
  await tx.query({
    text: `insert into crm.account (tenant_id, id, version, subject_id, owner_id, created_by, created_at, updated_by, updated_at,
        industry, region, grade, tags, cell_basic, cell_contact)
      select $1, id, 1, id, $2, $2, now(), $2, now(), $5, 'region ' || n % 30, 'A', array['tag', 'eins'], basic, contact
      from unnest($3::uuid[], $4::bytea[], $6::bytea[]) with ordinality as r (id, basic, contact, n)`,
    values: [tenant, services.system, ids, cells, o.industry ?? 'manufacturing', ids.map(() => cell(120))],
  })
  await addTokens(tx, tenant, ids, o.tokens ?? 4)
  await journal.append(
    tx,
    tenant,
    ids.map((recordId, i) => entryOf('record.create', recordId, cells[i])),
  )
  return ids
}

/** Changes accounts: new cell, next version, new tokens, an entry each. */
export const changeAccounts = async (tx: Tx, journal: Journal, tenant: Uuid, ids: readonly Uuid[]): Promise<void> => {
  const cells = ids.map(() => cell(150))
  // In one order, so that writers wait for each other instead of locking each other out.
  await tx.query({
    text: `update crm.account t set version = t.version + 1, cell_basic = r.basic, updated_at = clock_timestamp()
      from unnest($2::uuid[], $3::bytea[]) as r (id, basic) where t.tenant_id = $1 and t.id = r.id`,
    values: [tenant, ids, cells],
  })
  await addTokens(tx, tenant, ids, 3)
  await journal.append(
    tx,
    tenant,
    ids.map((recordId, i) => entryOf('record.update', recordId, cells[i])),
  )
}

// As the vault leaves them; backups do without them.
const addTokens = (tx: Tx, tenant: Uuid, ids: readonly Uuid[], each: number): Promise<unknown> =>
  tx.query({
    text: `insert into crm.search_index (tenant_id, record_id, generation, tokens)
      select $1, id, 1, tokens::bigint[] from unnest($2::uuid[], $3::text[]) as r (id, tokens)
      on conflict (tenant_id, record_id, generation) do update set tokens = excluded.tokens`,
    values: [
      tenant,
      ids,
      ids.map(() => `{${Array.from({ length: each }, () => randomBytes(6).readUIntBE(0, 6)).join()}}`),
    ],
  })

const entryOf = (
  act: string,
  recordId: Uuid,
  image: Uint8Array | undefined,
): Parameters<Journal['append']>[2][number] => ({
  act,
  obj: 'account',
  recordId,
  actor: services.system,
  channel: 'job',
  groups: ['basic'],
  ...(image ? { image } : {}),
})
