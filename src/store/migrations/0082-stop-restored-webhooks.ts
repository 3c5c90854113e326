// Webhooks that a restore stopped until somebody sets them in use again, and the notice of it.

export const stopRestoredWebhooks: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 82,
  name: 'stop-restored-webhooks',
  sql: `
alter table ops.webhook drop constraint webhook_stopped_check;
alter table ops.webhook add constraint webhook_stopped_check check (stopped in ('owner-off', 'right-gone', 'restored'));
alter table ops.notification drop constraint notification_kind_check;
alter table ops.notification add constraint notification_kind_check
  check (kind in ('assigned', 'shared', 'lent', 'role', 'hand-over', 'policy-failed', 'break-glass', 'webhooks-restored'));
`,
}
