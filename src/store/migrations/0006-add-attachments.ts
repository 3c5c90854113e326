// Files that hang on records, sealed in chunks; and certificates by which programs sign in.

export const addAttachments: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 6,
  name: 'add-attachments',
  sql: `
-- header: of the sealed stream (docs/formats/attachment.md). cell_file: name, declared type and digest, sealed; null once deleted.
create table crm.attachment (
  tenant_id uuid not null,
  id uuid not null,
  version integer not null,
  subject_id uuid not null,
  record_type text not null,
  record_id uuid not null,
  field_group text not null,
  size bigint not null check (size >= 0),
  chunks integer not null check (chunks >= 1),
  media_type text not null,
  mismatch boolean not null,
  header bytea not null check (octet_length(header) = 25 and get_byte(header, 0) = 198 and get_byte(header, 1) in (1, 2, 3, 4)),
  cell_file bytea check (get_byte(cell_file, 0) = 193 and get_byte(cell_file, 1) in (1, 2, 3, 4)),
  created_by uuid not null,
  created_at timestamptz not null,
  deleted_at timestamptz,
  primary key (tenant_id, id)
);
create index attachment_record on crm.attachment (tenant_id, record_type, record_id, id) where deleted_at is null;
create index attachment_subject on crm.attachment (tenant_id, subject_id);
create table crm.attachment_chunk (
  tenant_id uuid not null,
  attachment_id uuid not null,
  number integer not null check (number >= 0),
  bytes bytea not null check (octet_length(bytes) between 16 and 65552),
  primary key (tenant_id, attachment_id, number),
  foreign key (tenant_id, attachment_id) references crm.attachment (tenant_id, id)
);
-- Ciphertext does not compress.
alter table crm.attachment_chunk alter column bytes set storage external;
-- Chunks of uploads that are under way: so that a slow sender holds no transaction open. Unlogged: a crash may empty it.
create unlogged table crm.upload_part (
  tenant_id uuid not null,
  upload_id uuid not null,
  number integer not null,
  bytes bytea not null,
  at timestamptz not null default clock_timestamp(),
  primary key (tenant_id, upload_id, number)
);
alter table crm.upload_part alter column bytes set storage external;

-- fingerprint: SHA-256 of the certificate as DER.
create table identity.client_certificate (
  tenant_id uuid not null,
  fingerprint bytea not null check (octet_length(fingerprint) = 32),
  user_id uuid not null,
  label text not null,
  not_after timestamptz not null,
  created_by uuid not null,
  created_at timestamptz not null,
  seen_at timestamptz,
  revoked_at timestamptz,
  primary key (tenant_id, fingerprint)
);
create index client_certificate_by_user on identity.client_certificate (tenant_id, user_id);
`,
}
