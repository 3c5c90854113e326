// Which job builds a generation of the search index: another job leaves it alone while that one is open.

export const ownSearchBuilds: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 80,
  name: 'own-search-builds',
  sql: `
alter table keyring.search_generation add column made_by uuid;
`,
}
