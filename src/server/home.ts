// The first page, the pipeline's sums and the search over all types.
import { Fault, type FieldGroup, fieldGroups, fieldOf, type Label, typeOf } from '#kernel'
import type { Abilities, Seen } from '#vault'
import type { Home, SearchHit, StageSum } from './contract.ts'
import { titlesOf } from './titles.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, boolean, integer, list, mapOf, recordOut, request, type Schema, string, text } from './schema.ts'
import { catalogue } from '#crm'

const stageOut = answer({ stage: string, count: integer, capped: boolean, amount: integer }, 'StageSum')
const seenOut = (name: string): Schema => recordOut(typeOf(catalogue, name))

export const homeRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/home',
    summary: 'What waits, what happened, and what to do next',
    action: 'list',
    resource: 'every type',
    out: answer({
      counts: mapOf(answer({ count: integer, capped: boolean })),
      tasks: list(seenOut('task')),
      followups: list(seenOut('followup')),
      pipeline: list(stageOut),
      titles: mapOf(string),
      steps: list(answer({ id: string, done: boolean })),
    }),
    handler: home,
  },
  {
    method: 'GET',
    path: '/api/pipeline',
    summary: 'Number and amount of deals in each stage',
    action: 'list',
    resource: 'deal',
    out: answer({ stages: list(stageOut) }),
    handler: async (call) => ({ stages: await stageSums(call) }),
  },
  {
    method: 'GET',
    path: '/api/search',
    summary: 'Records of any type by name, pinyin, end of a phone number, whole phone number or e-mail',
    action: 'list',
    resource: 'account, contact, lead, deal',
    query: request({ q: text(200) }),
    out: answer({ items: list(answer({ type: string, id: string, title: string, subtitle: string }, 'SearchHit')) }),
    handler: async (call) => ({ items: await search(call, call.query['q'] ?? '') }),
  },
]

async function home(call: Call): Promise<Home> {
  const { house, actor } = call
  const mine = { field: 'owner', op: 'eq', value: actor.principal.id } as const
  const abilities = await house.vault.abilities(actor)
  // Whoever keeps the house and no customers opens this page too: what a role never shows is left out, not refused.
  const where = async <Value>(type: string, fields: readonly string[], ask: () => Promise<readonly Value[]>) =>
    sees(abilities[type], type, fields) ? ask() : []
  const counted = ['account', 'contact', 'lead', 'deal'].filter((type) => sees(abilities[type], type))
  const [counts, tasks, followups, pipeline, steps] = await Promise.all([
    Promise.all(counted.map(async (type) => [type, await house.vault.count(actor, type, {})] as const)),
    where('task', ['due', 'done'], async () => {
      const filters = [mine, { field: 'done', op: 'ne', value: true }] as const
      return (await house.vault.list(actor, 'task', { filters, sort: 'due', descending: false, limit: 10 })).items
    }),
    where('followup', ['at'], async () => {
      return (await house.vault.list(actor, 'followup', { sort: 'at', descending: true, limit: 10 })).items
    }),
    where('deal', ['stage', 'amount'], () => stageSums(call)),
    stepsOf(call, abilities),
  ])
  return {
    counts: Object.fromEntries(counts),
    tasks,
    followups,
    pipeline,
    titles: await titlesOf(house, actor, [...tasks, ...followups]),
    steps,
  }
}

/** Whether a role shows these fields in any record of the type; without fields, anything at all of it. */
const sees = (ability: Abilities | undefined, type: string, fields: readonly string[] = []): boolean => {
  const groups = fields.flatMap((name) => fieldOf(typeOf(catalogue, type), name)?.group ?? [])
  const shown = (group: FieldGroup): boolean => ability?.groups[group]?.view === true
  return fields.length === 0 ? fieldGroups.some(shown) : groups.every(shown)
}

/** What to do next; a step that this person may not do is not shown. */
const stepsOf = async (
  { house, actor, who }: Call,
  abilities: Readonly<Record<string, Abilities>>,
): Promise<Home['steps']> => {
  const { vault } = house
  const steps: { id: Home['steps'][number]['id']; done: () => Promise<boolean>; shown: boolean }[] = [
    {
      id: 'import',
      shown: abilities['account']?.import === true,
      done: async () => (await vault.count(actor, 'account', {}, 1)).count > 0,
    },
    {
      id: 'team',
      shown: abilities['user']?.create === true,
      done: async () => (await vault.count(actor, 'user', {}, 2)).count > 1,
    },
    {
      id: 'backup',
      shown: await vault.may(actor, 'backup.create'),
      done: async () => some(house, `select 1 as one from ops.backup where tenant_id = $1 and state = 'done' limit 1`),
    },
    { id: 'totp', shown: true, done: () => house.identity.totp.enabled(who.user.id) },
    {
      id: 'review',
      shown: await vault.may(actor, 'review.run'),
      done: async () =>
        some(house, 'select 1 as one from ops.check_run where tenant_id = $1 and finished_at is not null limit 1'),
    },
  ]
  return Promise.all(steps.filter((step) => step.shown).map(async ({ id, done }) => ({ id, done: await done() })))
}

const some = async (house: Call['house'], sql: string): Promise<boolean> => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const rows = await house.store.transaction(scope, (tx) => tx.query({ text: sql, values: [house.tenant] }), {
    readOnly: true,
  })
  return rows.length > 0
}

/** Every stage, those without deals too. */
const stageSums = async ({ house, actor }: Call): Promise<readonly StageSum[]> => {
  const stages = fieldOf(typeOf(house.vault.catalogue, 'deal'), 'stage')?.options ?? []
  const sums = await house.vault.sums(actor, 'deal', 'stage', 'amount')
  return stages.map(({ value }) => {
    const found = sums.find((sum) => sum.value === value)
    return { stage: value, count: found?.count ?? 0, capped: false, amount: found?.sum ?? 0 }
  })
}

const search = async (call: Call, q: string): Promise<readonly SearchHit[]> => {
  const { house, actor, language } = call
  if (q.trim() === '') throw new Fault('bad-input', { what: 'say what to search for' })
  const pages = await Promise.all(
    ['account', 'contact', 'lead', 'deal'].map((type) => house.vault.list(actor, type, { search: q, limit: 8 })),
  )
  const items = pages.flatMap((page) => page.items)
  const titles = await titlesOf(house, actor, items)
  return items.map((item) => ({
    type: item.type,
    id: item.id,
    title: textOf(item, typeOf(house.vault.catalogue, item.type).title),
    subtitle: subtitleOf(house.vault.catalogue, item, titles, language),
  }))
}

const second: Readonly<Record<string, readonly string[]>> = {
  account: ['industry', 'region', 'phone'],
  contact: ['account', 'jobTitle', 'mobile'],
  lead: ['company', 'status', 'mobile'],
  deal: ['account', 'stage'],
}

const subtitleOf = (
  types: Call['house']['vault']['catalogue'],
  item: Seen,
  titles: Readonly<Record<string, string>>,
  language: keyof Label,
): string =>
  (second[item.type] ?? [])
    .map((name) => {
      const value = textOf(item, name)
      const field = fieldOf(typeOf(types, item.type), name)
      if (field?.kind === 'link') return titles[value] ?? ''
      return field?.options?.find((option) => option.value === value)?.label[language] ?? value
    })
    .filter((part) => part !== '')
    .join(' · ')

const textOf = (item: Seen, name: string): string => {
  const value = item.values[name]
  return typeof value === 'string' ? value : ''
}
