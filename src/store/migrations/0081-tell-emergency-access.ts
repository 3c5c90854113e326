// Emergency access is told to whoever answers for it, and to the owner of what was opened.

export const tellEmergencyAccess: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 81,
  name: 'tell-emergency-access',
  sql: `
alter table ops.notification drop constraint notification_kind_check;
alter table ops.notification add constraint notification_kind_check
  check (kind in ('assigned', 'shared', 'lent', 'role', 'hand-over', 'policy-failed', 'break-glass'));
`,
}
