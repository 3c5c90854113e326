// What the product says about itself: the catalogue, the keys, the policies in force.
import { type Field, type Label } from '#kernel'
import { suites } from '#encryption'
import { everyRecordTells } from '#vault'
import type { CatalogueAnswer, FieldInfo, KeysAnswer } from './contract.ts'
import type { GuardedRoute } from './route.ts'
import { answer, anything, boolean, both, integer, list, nullable, number, string } from './schema.ts'

export const aboutRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/catalogue',
    summary: 'Record types and their fields',
    action: 'view',
    resource: 'catalogue',
    out: answer({
      types: list(
        answer({
          name: string,
          plural: string,
          label: both,
          plurals: both,
          title: string,
          pool: boolean,
          fields: list(
            answer({
              name: string,
              kind: string,
              label: both,
              group: string,
              dataClass: string,
              sealed: boolean,
              search: list(string),
              required: boolean,
              maxLength: integer,
              'options?': list(
                answer({
                  value: string,
                  label: both,
                  'probability?': number,
                  'closed?': string,
                  'own?': boolean,
                  'retired?': boolean,
                }),
              ),
              'to?': string,
              inList: boolean,
              sortable: boolean,
              filterable: boolean,
            }),
          ),
        }),
      ),
    }),
    handler: ({ house }): Promise<CatalogueAnswer> =>
      Promise.resolve({
        types: house.vault.catalogue.types.map(({ name, plural, label, plurals, title, pool, fields }) => ({
          name,
          plural,
          label,
          plurals,
          title,
          pool,
          fields: fields
            .filter((field) => field.retired !== true)
            .map((field) => fieldInfo(field, field.name === title)),
        })),
      }),
  },
  {
    method: 'GET',
    path: '/api/keys',
    summary: 'Where the root key lives, the generations of keys, and what is stored how',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      root: answer({ provider: string, fingerprint: string }),
      epochs: list(answer({ epoch: integer, state: string, suite: string, createdAt: string, subjectKeys: integer })),
      fields: list(
        answer({
          type: string,
          field: string,
          label: both,
          dataClass: string,
          group: string,
          storage: string,
          search: list(string),
          leaks: both,
          suites: list(answer({ suite: string, cells: nullable(integer) })),
        }),
      ),
      record: both,
    }),
    handler: async ({ house, actor }): Promise<KeysAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      const { kind, fingerprint } = house.keys.provider
      const { policy, fields } = await house.search.state()
      const suitesOf = await house.rotation.cellSuites()
      return {
        root: { provider: kind, fingerprint },
        epochs: (await house.epochs()).map(({ epoch, state, suite, createdAt, subjectKeys }) => ({
          epoch,
          state,
          suite: suiteName(suite),
          createdAt: createdAt.toISOString(),
          subjectKeys,
        })),
        fields: house.vault.catalogue.types.flatMap((type) =>
          type.fields.map((field) => {
            const modes = fields.find((one) => one.type === type.name && one.field === field.name)?.modes ?? []
            return {
              type: type.name,
              field: field.name,
              label: field.label,
              dataClass: field.dataClass,
              group: field.group,
              storage: field.storage,
              search: modes,
              leaks: leaksOf(field, policy.storage === 'memory' ? [] : modes),
              suites:
                field.storage === 'plain'
                  ? []
                  : suitesOf(type.name, field.group).map(({ suite, cells }) => ({ suite: suiteName(suite), cells })),
            }
          }),
        ),
        record: everyRecordTells,
      }
    },
  },
  {
    method: 'GET',
    path: '/api/policies',
    summary: 'The policies in force, as the engine reads them',
    action: 'policy.view',
    resource: 'system',
    out: answer({ version: string, policies: list(answer({ id: string, text: string, layer: string })) }),
    handler: async ({ house, actor }) => {
      await house.vault.demand(actor, 'policy.view')
      const policies = house.policies.map(({ id, text }) => ({
        id,
        text,
        layer: id.startsWith('rail.') ? 'rail' : 'role',
      }))
      return { version: house.version, policies }
    },
  },
  {
    method: 'GET',
    path: '/api/openapi.json',
    summary: 'This interface as OpenAPI 3.1',
    action: 'view',
    resource: 'interface',
    out: anything,
    handler: async ({ house }) => {
      const { openapi } = await import('./openapi.ts')
      return openapi(house.version)
    },
  },
]

const suiteName = (id: number): string => suites.find((one) => one.id === id)?.name ?? String(id)

const fieldInfo = (field: Field, isTitle: boolean): FieldInfo => ({
  name: field.name,
  kind: field.kind,
  label: field.label,
  group: field.group,
  dataClass: field.dataClass,
  sealed: field.storage === 'sealed',
  search: field.search,
  required: field.required,
  maxLength: field.maxLength,
  ...(field.options ? { options: field.options } : {}),
  ...(field.to === undefined ? {} : { to: field.to }),
  inList: field.inList,
  sortable: field.storage === 'plain' ? field.kind !== 'tags' : isTitle,
  filterable: field.storage === 'plain' || field.search.includes('exact') || field.search.includes('ngram'),
})

/** What somebody who holds a copy of the database, but no key, learns of a field as it is searched now. */
const leaksOf = (field: Field, modes: readonly string[]): Label => {
  if (field.storage === 'plain')
    return {
      zh: '数值本身（为排序、统计和策略判断保留明文）',
      en: 'the value itself: kept plain for sorting, sums and policies',
    }
  const learnt = [
    {
      when: true,
      zh: '同组有无内容及合计长度（按 16 字节取整）',
      en: 'whether its group holds anything, and how long it is, to 16 bytes',
    },
    { when: modes.includes('exact'), zh: '哪些记录的值可能相同', en: 'which records may hold the same value' },
    {
      when: modes.includes('suffix'),
      zh: '哪些号码末四位可能相同',
      en: 'which numbers may end in the same four digits',
    },
    { when: modes.includes('ngram'), zh: '哪些名称可能含相同片段', en: 'which names may share parts' },
    { when: modes.includes('pinyin'), zh: '哪些名称可能读音相近', en: 'which names may sound alike' },
  ].filter((one) => one.when)
  return { zh: learnt.map((one) => one.zh).join('；'), en: learnt.map((one) => one.en).join('; ') }
}
