// Records that an old key, under which imported data had been sealed elsewhere, was destroyed: by whose word, when, how, before whom.

export const recordDestroyedKeys: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 16,
  name: 'record-destroyed-keys',
  sql: `
-- fingerprint: keyed, as ops.import_run.legacy tells it. A second record of a key corrects the one before; none is taken away.
create table ops.key_destruction (
  tenant_id uuid not null,
  id uuid not null,
  fingerprint text not null check (fingerprint ~ '^[0-9a-f]{20}$'),
  destroyed_on date not null,
  destroyed_by text not null,
  how text not null,
  witness text not null,
  recorded_by uuid not null,
  recorded_at timestamptz not null,
  primary key (tenant_id, id)
);
create index key_destruction_by_fingerprint on ops.key_destruction (tenant_id, fingerprint, recorded_at desc);
`,
}
