// The ledger of persons erased, which only grows and which every restore replays, and legal holds, which forbid an erasure.

export const addErasure: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 5,
  name: 'add-erasure',
  sql: `
-- number: 1, 2, 3 … without a gap. signed, signature, public_key: the certificate; sha256: of signed, which the next one names.
create table ops.erasure (
  tenant_id uuid not null,
  number integer not null check (number > 0),
  id uuid not null,
  subject_id uuid not null,
  signed text not null,
  signature bytea not null,
  public_key bytea not null,
  sha256 bytea not null check (octet_length(sha256) = 32),
  erased_by uuid not null,
  erased_at timestamptz not null,
  primary key (tenant_id, number),
  unique (tenant_id, id),
  unique (tenant_id, subject_id)
);
create table ops.legal_hold (
  tenant_id uuid not null,
  id uuid not null,
  subject_id uuid not null,
  reason text not null,
  placed_by uuid not null,
  placed_at timestamptz not null,
  lifted_by uuid,
  lifted_at timestamptz,
  lift_reason text,
  primary key (tenant_id, id)
);
create unique index legal_hold_standing on ops.legal_hold (tenant_id, subject_id) where lifted_at is null;
`,
}
