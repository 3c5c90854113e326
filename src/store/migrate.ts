// Brings a database to the shape this program knows: numbered migrations, each once, then what the catalogue derives. Keeps store-12, store-13.
import { createHash } from 'node:crypto'
import { type Catalogue, Fault, type Wall } from '#kernel'
import { type Known, knownCatalogue } from './custom-fields.ts'
import { derivation, derive } from './derive.ts'
import { createHouse } from './migrations/0001-create-house.ts'
import { addJobs } from './migrations/0002-add-jobs.ts'
import { addSearchIndex } from './migrations/0003-add-search-index.ts'
import { addCapture } from './migrations/0004-add-capture.ts'
import { addErasure } from './migrations/0005-add-erasure.ts'
import { addAttachments } from './migrations/0006-add-attachments.ts'
import { tellImportRuns } from './migrations/0007-tell-import-runs.ts'
import { keepNamedKeys } from './migrations/0008-keep-named-keys.ts'
import { nameSignatureSuites } from './migrations/0010-name-signature-suites.ts'
import { addErasureClosing } from './migrations/0015-add-erasure-closing.ts'
import { recordDestroyedKeys } from './migrations/0016-record-destroyed-keys.ts'
import { addPasskeys } from './migrations/0030-add-passkeys.ts'
import { addApiKeys } from './migrations/0040-add-api-keys.ts'
import { addCustomFields } from './migrations/0050-add-custom-fields.ts'
import { addBreakGlass } from './migrations/0061-add-break-glass.ts'
import { addPolicyDryRun } from './migrations/0065-add-policy-dry-run.ts'
import { addPolicySchedule } from './migrations/0066-add-policy-schedule.ts'
import { addWatch } from './migrations/0060-add-watch.ts'
import { addSingleSignOn } from './migrations/0041-add-single-sign-on.ts'
import { addProvisioning } from './migrations/0042-add-provisioning.ts'
import { addDeputies } from './migrations/0067-add-deputies.ts'
import { addRecertification } from './migrations/0068-add-recertification.ts'
import { addNotifications } from './migrations/0069-add-notifications.ts'
import { addWebhooks } from './migrations/0070-add-webhooks.ts'
import { tellFailedPolicies } from './migrations/0075-tell-failed-policies.ts'
import { remindOfRecertification } from './migrations/0076-remind-of-recertification.ts'
import { passWhatIsLent } from './migrations/0077-pass-what-is-lent.ts'
import { ownSearchBuilds } from './migrations/0080-own-search-builds.ts'
import { tellEmergencyAccess } from './migrations/0081-tell-emergency-access.ts'
import { stopRestoredWebhooks } from './migrations/0082-stop-restored-webhooks.ts'
import { pauseRestoredMail } from './migrations/0083-pause-restored-mail.ts'
import { planSearchOnce } from './migrations/0084-plan-search-once.ts'
import { addMail } from './migrations/0062-add-mail.ts'
import { addPolicyControl } from './migrations/0023-add-policy-control.ts'
import { schemas } from './rights.ts'
import type { Roles } from './roles.ts'
import type { Tx } from './transaction.ts'

export interface Migration {
  readonly version: number
  readonly name: string
  readonly sql: string
}

/** All migrations, oldest first. A migration that was released is never changed; a new one is added. */
export const migrations: readonly Migration[] = [
  createHouse,
  addJobs,
  addSearchIndex,
  addCapture,
  addErasure,
  addAttachments,
  tellImportRuns,
  keepNamedKeys,
  nameSignatureSuites,
  addErasureClosing,
  recordDestroyedKeys,
  addPolicyControl,
  addPasskeys,
  addApiKeys,
  addSingleSignOn,
  addProvisioning,
  addCustomFields,
  addWatch,
  addBreakGlass,
  addMail,
  addPolicyDryRun,
  addDeputies,
  addPolicySchedule,
  addRecertification,
  addNotifications,
  addWebhooks,
  tellFailedPolicies,
  remindOfRecertification,
  passWhatIsLent,
  ownSearchBuilds,
  tellEmergencyAccess,
  stopRestoredWebhooks,
  pauseRestoredMail,
  planSearchOnce,
]

/** The schema version this program knows. */
export const knownVersion: number = Math.max(...migrations.map(({ version }) => version))

/** Digest of everything the schema is made from. */
export const schemaDigest = (catalogue: Catalogue, roles: Roles, walls: readonly Wall[]): string =>
  createHash('sha256')
    .update(JSON.stringify([migrations, derivation(catalogue, roles, walls)]))
    .digest('hex')

/**
 * Migrates inside the owner's transaction, and answers with the catalogue the database then has. Several processes may call it at
 * once: they wait for one another.
 */
export const migrate = async (
  tx: Tx,
  shipped: Catalogue,
  roles: Roles,
  walls: readonly Wall[],
  log: (line: string) => void,
): Promise<Known> => {
  const before = await knownCatalogue(tx, shipped)
  if (await isCurrent(tx, schemaDigest(before.catalogue, roles, walls))) return before
  // Any fixed number will do; this one spells "hold".
  await tx.query({ text: 'select pg_advisory_xact_lock(1752132708)' })
  const waited = await knownCatalogue(tx, shipped)
  if (await isCurrent(tx, schemaDigest(waited.catalogue, roles, walls))) return waited
  await tx.query({ text: bookkeeping })
  // Not by the largest number alone: work on several of them may reach a database in any order.
  const done = new Set(
    (await tx.query<{ version: number }>({ text: 'select version from ops.schema_version' })).map((row) => row.version),
  )
  for (const migration of migrations.filter((candidate) => !done.has(candidate.version))) {
    log(`database: ${String(migration.version)} ${migration.name}`)
    await tx.query({ text: migration.sql })
    await tx.query({
      text: 'insert into ops.schema_version (version, name) values ($1, $2)',
      values: [migration.version, migration.name],
    })
  }
  const known = await knownCatalogue(tx, shipped)
  await derive(tx, known.catalogue, roles, walls)
  await keepDigest(tx, schemaDigest(known.catalogue, roles, walls))
  return known
}

/** Writes down what the schema was made from, so that the next start need not look. */
export const keepDigest = async (tx: Tx, digest: string): Promise<void> => {
  await tx.query({
    text: 'insert into ops.schema_derived (single, digest) values (true, $1) on conflict (single) do update set digest = $1, at = now()',
    values: [await withWall(tx, digest)],
  })
}

/** Not where somebody changed row security since: then it is set anew. */
const isCurrent = async (tx: Tx, digest: string): Promise<boolean> =>
  (await state(tx)).digest === (await withWall(tx, digest))

const withWall = async (tx: Tx, digest: string): Promise<string> => {
  const [row] = await tx.query<{ print: string }>({ text: wallPrint, values: [schemas] })
  return `${digest} ${row?.print ?? ''}`
}

// Row security as it stands, in a few bytes.
const wallPrint = `select md5(string_agg(one, e'\\n' order by one)) as print from (
  select concat_ws(' ', c.oid::regclass, c.relrowsecurity, c.relforcerowsecurity, p.polname, p.polcmd, p.polpermissive,
    array(select pg_get_userbyid(role) from unnest(p.polroles) role order by 1),
    pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid)) as one
  from pg_class c join pg_namespace n on n.oid = c.relnamespace left join pg_policy p on p.polrelid = c.oid
  where n.nspname = any($1) and c.relkind in ('r', 'p')) found`

const bookkeeping = `
create schema if not exists ops;
create table if not exists ops.schema_version (version integer primary key, name text not null, at timestamptz not null default now());
create table if not exists ops.schema_derived (single boolean primary key check (single), digest text not null, at timestamptz not null default now())`

// What the database was brought to. One that is ahead of us is left alone.
const state = async (tx: Tx): Promise<{ version: number; digest: string }> => {
  // Not to_regclass: inside one transaction it may remember that the table was missing before we waited for the lock.
  const [there] = await tx.query<{ there: boolean }>({
    text: `select exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace
             where n.nspname = 'ops' and c.relname = 'schema_derived') as there`,
  })
  if (!there?.there) return { version: 0, digest: '' }
  const [row] = await tx.query<{ version: number; digest: string }>({
    text: `select coalesce((select max(version) from ops.schema_version), 0) as version,
             coalesce((select digest from ops.schema_derived), '') as digest`,
  })
  const found = row ?? { version: 0, digest: '' }
  if (found.version > knownVersion) throw new Fault('data-newer', { found: found.version, known: knownVersion })
  return found
}
