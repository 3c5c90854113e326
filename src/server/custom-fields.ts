// Routes of the fields that a tenant adds: listed, added, changed and retired by whoever may edit the settings. Keeps server-1, server-100.
import { type CustomField, customKinds, Fault, fieldGroups, sealableKinds, searchableKinds } from '#kernel'
import { type CustomChange, customerTypes, type CustomWish } from '#crm'
import type { CustomFieldInfo, CustomFieldsAnswer } from './contract/fields.ts'
import { addField, changeField } from './define-field.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, boolean, both, integer, list, oneOf, request, string, text } from './schema.ts'

const path = '/api/custom-fields'

const option = { value: string, label: both }
const fieldOut = answer(
  {
    id: integer,
    type: string,
    name: string,
    kind: string,
    label: both,
    purpose: both,
    dataClass: string,
    group: string,
    sealed: boolean,
    searched: boolean,
    inList: boolean,
    retired: boolean,
    options: list(answer(option)),
  },
  'CustomField',
)

const label = request({ zh: text(100), en: text(100) })
const options = list(request({ value: text(64), label }), 200)

export const customFieldRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path,
    summary: 'The fields this organisation added',
    action: 'settings.edit',
    resource: 'system',
    out: answer({
      items: list(fieldOut),
      kinds: list(answer({ kind: string, sealable: boolean, searchable: boolean })),
      types: list(string),
    }),
    handler: async ({ house, actor }): Promise<CustomFieldsAnswer> => {
      await house.vault.demand(actor, 'settings.edit')
      return {
        items: house.store.known.custom.map(shown),
        types: customerTypes,
        kinds: customKinds.map((kind) => ({
          kind,
          sealable: sealableKinds.includes(kind),
          searchable: searchableKinds.includes(kind),
        })),
      }
    },
  },
  {
    method: 'POST',
    path,
    summary: 'Add a field to a type of records',
    action: 'settings.edit',
    resource: 'system',
    body: request({
      type: text(40),
      name: text(40),
      kind: oneOf(...customKinds),
      label,
      dataClass: oneOf('public', 'internal', 'personal', 'sensitive'),
      'group?': oneOf(...fieldGroups),
      'inList?': boolean,
      'searched?': boolean,
      'options?': options,
      purpose: label,
    }),
    out: fieldOut,
    status: 201,
    handler: async ({ house, actor, body }) => shown(await addField(house, actor, body as CustomWish)),
  },
  {
    method: 'PATCH',
    path: `${path}/:id`,
    summary: 'Change the labels, add options, or no longer offer a field',
    action: 'settings.edit',
    resource: 'system',
    body: request({
      'label?': label,
      'purpose?': label,
      'inList?': boolean,
      'options?': options,
      'retired?': boolean,
    }),
    out: fieldOut,
    handler: async (call) =>
      shown(await changeField(call.house, call.actor, numberIn(call), call.body as CustomChange)),
  },
]

const numberIn = (call: Call): number => {
  const text = call.params['id'] ?? ''
  if (!/^\d{5}$/.test(text)) throw new Fault('not-found', { what: 'field' })
  return Number(text)
}

const shown = ({ type, field }: CustomField): CustomFieldInfo => ({
  id: field.id,
  type,
  name: field.name,
  kind: field.kind,
  label: field.label,
  purpose: field.purpose,
  dataClass: field.dataClass,
  group: field.group,
  sealed: field.storage === 'sealed',
  searched: field.search.length > 0,
  inList: field.inList,
  retired: field.retired === true,
  options: (field.options ?? []).map(({ value, label: words }) => ({ value, label: words })),
})
