// Subscriptions to what happens to records, and the events that wait to be told.

export const addWebhooks: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 70,
  name: 'add-webhooks',
  sql: `
-- former_sealed: the secret of before, which signs as well until former_until. stopped: why it was taken out of use by the house.
create table ops.webhook (
  tenant_id uuid not null,
  id uuid not null,
  owner_id uuid not null,
  name text not null check (name <> ''),
  url text not null,
  secret_sealed bytea not null,
  former_sealed bytea,
  former_until timestamptz,
  record_types text[] not null,
  events text[] not null,
  active boolean not null,
  stopped text check (stopped in ('owner-off', 'right-gone')),
  created_at timestamptz not null,
  updated_at timestamptz not null,
  primary key (tenant_id, id),
  check ((former_sealed is null) = (former_until is null)),
  check (stopped is null or not active)
);

-- No reference to the subscription: a change of a record must not fail because one is taken away at that moment.
create table ops.webhook_delivery (
  tenant_id uuid not null,
  id uuid not null,
  webhook_id uuid not null,
  event text not null check (event in ('created', 'changed', 'assigned', 'removed')),
  record_type text not null,
  record_id uuid not null,
  version integer not null,
  act text not null,
  groups text[] not null,
  at timestamptz not null,
  attempts integer not null default 0,
  next_at timestamptz not null,
  failed_at timestamptz,
  status integer,
  error text,
  primary key (tenant_id, id)
);
create index webhook_delivery_due on ops.webhook_delivery (tenant_id, next_at) where failed_at is null;
create index webhook_delivery_of on ops.webhook_delivery (tenant_id, webhook_id);
`,
}
