// Who answers for what was lent by somebody who has left: whoever took it over. Absent: who gave it.

export const passWhatIsLent: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 77,
  name: 'pass-what-is-lent',
  sql: `
alter table ops.access_grant add column passed_to uuid, add constraint access_grant_passed check (passed_to <> user_id);
alter table ops.deputyship add column passed_to uuid, add constraint deputyship_passed check (passed_to <> deputy_id);
`,
}
