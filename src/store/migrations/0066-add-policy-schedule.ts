// Why a change that was approved for a moment did not come into force then, and who withdrew one.

export const addPolicySchedule: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 66,
  name: 'add-policy-schedule',
  sql: `
alter table ops.policy_change
  add column failure text,
  add column withdrawn_by uuid,
  add column withdrawn_at timestamptz,
  add constraint policy_change_withdrawn check ((state = 'withdrawn') = (withdrawn_by is not null)),
  add constraint policy_change_failed check ((state = 'failed') = (failure is not null));
`,
}
