// A change of policies that did not come into force at its moment raises an alarm and is told; what was approved bears a signature.

export const tellFailedPolicies: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 75,
  name: 'tell-failed-policies',
  sql: `
alter table ops.alarm drop constraint alarm_kind_check;
alter table ops.alarm add constraint alarm_kind_check
  check (kind in ('canary', 'pace', 'break-glass', 'policy-error', 'unmask-limit', 'policy-not-activated'));
alter table ops.notification drop constraint notification_kind_check;
alter table ops.notification add constraint notification_kind_check
  check (kind in ('assigned', 'shared', 'lent', 'role', 'hand-over', 'policy-failed'));
-- Over the change as it was approved: its document, its ground, who approved it, and for when.
alter table ops.policy_change add column approval bytea;
`,
}
