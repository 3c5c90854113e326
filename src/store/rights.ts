// What the application's role may do with each table: the least that the rooms need. It owns nothing and empties nothing. Keeps store-6, store-7.

export type Right = 'select' | 'insert' | 'update' | 'delete'

/** The five schemas of the house. */
export const schemas = ['ops', 'crm', 'keyring', 'journal', 'identity'] as const

const grow: readonly Right[] = ['select', 'insert']
const keep: readonly Right[] = ['select', 'insert', 'update']
const every: readonly Right[] = ['select', 'insert', 'update', 'delete']

// Tables that differ from their schema.
const tables: Readonly<Record<string, readonly Right[]>> = {
  'ops.installation': ['select'],
  'ops.schema_version': [],
  'ops.schema_derived': [],
  'ops.policy_version': keep,
  // What fields there are is changed together with the tables, which is the owner's work.
  'ops.custom_field': ['select'],
  'ops.policy_change': keep,
  'ops.access_grant': keep,
  'ops.deputyship': keep,
  'ops.recertification': keep,
  'ops.recertification_line': keep,
  'ops.unmask_count': keep,
  'ops.check_run': keep,
  'ops.check_result': grow,
  'crm.search_index': every,
  'ops.erasure': grow,
  'ops.legal_hold': keep,
  'ops.erasure_closing': keep,
  'ops.key_destruction': grow,
  'crm.blind_index': every,
  // What a form sent leaves it as a record.
  'crm.capture': every,
  'crm.attachment_chunk': ['select', 'insert', 'delete'],
  'crm.upload_part': ['select', 'insert', 'delete'],
  'keyring.epoch': keep,
}

const bySchema: Readonly<Record<string, readonly Right[]>> = {
  ops: every,
  // Records are deleted softly, so nobody takes a row away.
  crm: keep,
  // Destroying a subject's key is deleting its row.
  keyring: every,
  // What happened stays as it was written.
  journal: grow,
  identity: every,
}

/** Rights of the application's role on a table. */
export const rightsOn = (schema: string, table: string): readonly Right[] =>
  tables[`${schema}.${table}`] ?? bySchema[schema] ?? []

/** Tables without a tenant, by the condition under which the application's role sees their rows. */
export const withoutTenant: Readonly<Record<string, string>> = {
  'ops.installation': 'true',
  'ops.schema_version': 'false',
  'ops.schema_derived': 'false',
}

/** The second wall: rows of the tenant of this transaction, and none where no principal was named. */
export const wall =
  "tenant_id = (select nullif(current_setting('app.tenant', true), ''))::uuid and (select current_setting('app.principal', true)) <> ''"
