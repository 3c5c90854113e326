// Which tables a backup holds, and how an increment finds what changed in each. Sessions, throttles and set-up links stay out:
// they must not come back. Keeps backup-8.
import type { Catalogue } from '#kernel'
import type { Mode } from './manifest.ts'

export interface BackupTable {
  readonly schema: string
  readonly table: string
  readonly mode: Mode
  /** Mode record: name of the record type, which its journal entries carry. Mode index: of the one whose entries count. */
  readonly obj?: string
  /** Mode index: column that names the record; default record_id. */
  readonly key?: string
}

/**
 * The tables in the order a restore fills them. Record tables change only with a journal entry; journal tables only grow; the
 * small rest travels whole. The search index stays out: it follows from the records and is made anew when a restored database opens.
 */
export const backupTables = (catalogue: Catalogue): readonly BackupTable[] => [
  ...whole(
    'ops',
    'installation',
    'setting',
    'custom_field',
    'policy_version',
    'policy_change',
    'access_grant',
    'unmask_count',
    'backup',
    'check_run',
    'check_result',
    'import_run',
    'formerly_weak',
    'job',
  ),
  ...whole('ops', 'policy_dry_run', 'policy_draft', 'notification'),
  ...whole('ops', 'deputyship', 'recertification', 'recertification_line'),
  ...whole('ops', 'alarm', 'break_glass', 'canary', 'export', 'export_count', 'export_request'),
  // Without what waits to be told: a restored house would tell old events once more.
  ...whole('ops', 'webhook'),
  ...whole('ops', 'erasure', 'legal_hold', 'erasure_closing', 'key_destruction'),
  ...whole('keyring', 'named_key', 'epoch', 'search_generation'),
  ...whole('keyring', 'subject_key'),
  ...whole(
    'identity',
    'credential',
    'client_certificate',
    'api_key',
    'passkey',
    'mail_server',
    'provider',
    'provider_link',
    'scim_token',
    'scim_user',
    'scim_group',
    'scim_member',
  ),
  ...catalogue.types.map((type): BackupTable => ({ schema: 'crm', table: type.table, mode: 'record', obj: type.name })),
  ...whole('crm', 'capture_form', 'capture'),
  { schema: 'crm', table: 'attachment', mode: 'record', obj: 'attachment' },
  { schema: 'crm', table: 'attachment_chunk', mode: 'index', obj: 'attachment', key: 'attachment_id' },
  { schema: 'journal', table: 'entry', mode: 'append' },
  { schema: 'journal', table: 'leaf', mode: 'append' },
  { schema: 'journal', table: 'checkpoint', mode: 'append' },
]

/** Tables that are in no backup, each with why. */
export const outside: Readonly<Record<string, string>> = {
  'crm.blind_index': 'made anew from the records',
  'crm.search_index': 'made anew from the records',
  'crm.upload_part': 'of files that are still on their way',
  'identity.challenge': 'good for minutes, and once',
  'identity.device': 'who comes to a restored house is met as anew',
  'identity.link': 'links in letters must not become good again',
  'identity.logout_token': 'keeps a sign-out from being taken twice, for minutes',
  'identity.mail': 'letters that were sent since would go out again',
  'identity.provider_session': 'sessions must not come back',
  'identity.session': 'sessions must not come back',
  'identity.setup_link': 'a house that is set up has none',
  'identity.sign_on': 'of somebody who is signing in',
  'identity.throttle': 'of the last minutes',
  'ops.read_count': 'of the last minutes',
  'ops.schema_derived': 'of the program that opens the database',
  'ops.schema_version': 'of the program that opens the database',
  'ops.webhook_delivery': 'events that were told since would go out again',
}

const whole = (schema: string, ...tables: readonly string[]): readonly BackupTable[] =>
  tables.map((table) => ({ schema, table, mode: 'whole' }))

/**
 * Tables that lie in snapshots of the keyring and in no backup, so that a person's key can be destroyed everywhere: the keys, and the
 * ledger of who was erased.
 */
export const isKeyring = (name: string): boolean => name.startsWith('keyring.') || name === 'ops.erasure'

/** Column by which an increment replaces rows; empty where it does not. */
export const keyColumn = ({ mode, key }: BackupTable): string =>
  ({ record: 'id', subject: 'subject_id', index: key ?? 'record_id', append: '', whole: '' })[mode]

/** schema.table */
export const nameOf = (table: BackupTable): string => `${table.schema}.${table.table}`
