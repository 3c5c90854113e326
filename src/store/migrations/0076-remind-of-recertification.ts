// How far the people who decide in a campaign were reminded of it.

export const remindOfRecertification: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 76,
  name: 'remind-of-recertification',
  sql: `
alter table ops.recertification
  add column reminded text check (reminded in ('opened', 'soon', 'overdue')),
  add column reminded_at timestamptz,
  add constraint recertification_reminded check ((reminded is null) = (reminded_at is null));
`,
}
