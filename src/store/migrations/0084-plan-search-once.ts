// The look-up of the search index keeps one plan: its way is the inverted index whatever is asked, and planning anew took longer than it.

export const planSearchOnce: { readonly version: number; readonly name: string; readonly sql: string } = {
  version: 84,
  name: 'plan-search-once',
  sql: `
alter function crm.search_find(integer, integer, bigint[], bigint[], bigint[], bigint[]) set plan_cache_mode = force_generic_plan;
`,
}
