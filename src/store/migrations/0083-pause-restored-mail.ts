// A mail server that a restore paused until somebody sets it in use again.

export const pauseRestoredMail: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 83,
  name: 'pause-restored-mail',
  sql: `
alter table identity.mail_server add column paused_at timestamptz;
`,
}
