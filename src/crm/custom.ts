// Fields that a tenant adds: from what somebody wishes to a row of the catalogue, and how far such a row may change later. Keeps crm-100.
import {
  type Catalogue,
  type CustomField,
  customKinds,
  customLimit,
  customName,
  type DataClass,
  Fault,
  type Field,
  type FieldGroup,
  fieldGroups,
  firstCustomId,
  type FormField,
  type Label,
  type Option,
  type Said,
  say,
  sealableKinds,
  searchableKinds,
  typeOf,
} from '#kernel'
import { customerTypes, longest } from './catalogue.ts'

/** What somebody wishes a new field to be. */
export interface CustomWish {
  readonly type: string
  /** Without the x_ that every one begins with. */
  readonly name: string
  readonly kind: string
  readonly label: Label
  readonly dataClass: string
  /** Default custom. */
  readonly group?: string
  readonly inList?: boolean
  /** Found by its whole value; sealed texts alone. */
  readonly searched?: boolean
  /** Of a choice: value and label of each. */
  readonly options?: readonly { readonly value: string; readonly label: Label }[]
  readonly purpose: Label
}

/** What may change of a field that is there. */
export interface CustomChange {
  readonly label?: Label
  readonly purpose?: Label
  readonly inList?: boolean
  /** More options; those that are there stay, since records hold them. */
  readonly options?: readonly { readonly value: string; readonly label: Label }[]
  /** No longer offered, or offered again. */
  readonly retired?: boolean
}

/** A new field. Throws bad-value naming what does not fit, already-exists, too-large. */
export const newCustomField = (shipped: Catalogue, there: readonly CustomField[], wish: CustomWish): CustomField => {
  if (!customerTypes.includes(wish.type)) throw unfit('type', 'expected a type of customer records')
  const type = typeOf(shipped, wish.type)
  const name = `x_${wish.name.trim().toLowerCase()}`
  if (!customName.test(name)) throw unfit('name', 'expected a letter, then letters, digits or _, at most 40')
  const own = there.filter((one) => one.type === wish.type)
  if (own.some((one) => one.field.name === name)) throw new Fault('already-exists', { what: 'field' })
  if (own.length >= customLimit) throw new Fault('too-large', { what: 'the number of own fields', limit: customLimit })
  const label = labelOf('label', wish.label)
  const taken = [...type.fields, ...own.map((one) => one.field)].some(
    (one) =>
      one.retired !== true && (one.label.zh === label.zh || one.label.en.toLowerCase() === label.en.toLowerCase()),
  )
  if (taken) throw unfit('label', 'another field bears this name already')
  const kind = customKinds.find((one) => one === wish.kind)
  if (kind === undefined) throw unfit('kind', 'there is no such kind of field')
  const dataClass = classOf(wish.dataClass)
  const sealed = dataClass === 'personal' || dataClass === 'sensitive'
  if (sealed && !sealableKinds.includes(kind))
    throw unfit('dataClass', 'what is about persons is sealed, and a field of this kind cannot be')
  if (wish.searched === true && (!sealed || !searchableKinds.includes(kind)))
    throw unfit('searched', 'only sealed texts are found by their whole value')
  const field: Field = {
    id: Math.max(firstCustomId - 1, ...there.map((one) => one.field.id)) + 1,
    name,
    kind,
    label,
    dataClass,
    group: groupOf(wish.group ?? 'custom'),
    storage: sealed ? 'sealed' : 'plain',
    search: wish.searched === true ? ['exact'] : [],
    // A field that records of before cannot have must not be demanded of them.
    required: false,
    maxLength: longest(kind),
    ...(kind === 'choice' ? { options: optionsOf(wish.options ?? []) } : {}),
    inList: wish.inList ?? false,
    purpose: labelOf('purpose', wish.purpose),
    custom: true,
  }
  return { type: wish.type, revision: 1, field }
}

/** A field as it is after a change. Throws not-found, bad-value. */
export const changedCustomField = (there: readonly CustomField[], id: number, change: CustomChange): CustomField => {
  const before = there.find((one) => one.field.id === id)
  if (!before) throw new Fault('not-found', { what: 'field' })
  const { retired: was, ...field } = before.field
  const added = change.options === undefined ? undefined : optionsOf([...(field.options ?? []), ...change.options])
  if (added && field.kind !== 'choice') throw unfit('options', 'only a choice has options')
  return {
    ...before,
    revision: before.revision + 1,
    field: {
      ...field,
      label: change.label === undefined ? field.label : labelOf('label', change.label),
      purpose: change.purpose === undefined ? field.purpose : labelOf('purpose', change.purpose),
      inList: change.inList ?? field.inList,
      ...(added === undefined ? {} : { options: added }),
      ...((change.retired ?? was) === true ? { retired: true as const } : {}),
    },
  }
}

const classOf = (text: string): DataClass => {
  const found = (['public', 'internal', 'personal', 'sensitive'] as const).find((one) => one === text)
  if (found === undefined) throw unfit('dataClass', 'expected public, internal, personal or sensitive')
  return found
}

const groupOf = (text: string): FieldGroup => {
  const found = fieldGroups.find((one) => one === text)
  if (found === undefined) throw unfit('group', 'there is no such field group')
  return found
}

const labelOf = (field: FormField, { zh, en }: Label): Label => {
  const label = { zh: zh.trim(), en: en.trim() }
  // Either language will do where the other is not given.
  const both = { zh: label.zh || label.en, en: label.en || label.zh }
  if (both.zh === '' || both.zh.length > 100 || both.en.length > 100)
    throw unfit(field, say('expected 1 to {most} characters', { most: 100 }))
  return both
}

const optionsOf = (given: readonly { readonly value: string; readonly label: Label }[]): readonly Option[] => {
  const options = given.map(({ value, label }) => ({ value: value.trim(), label: labelOf('options', label) }))
  const values = new Set(options.map((one) => one.value))
  if (options.length === 0 || options.length > 200 || values.size !== options.length)
    throw unfit('options', 'expected 1 to 200 options, each once')
  if (options.some(({ value }) => value === '' || value.length > 64 || value.includes('\0')))
    throw unfit('options', 'an option has 1 to 64 characters')
  return options
}

const unfit = (field: FormField, what: Said): Fault => new Fault('bad-value', { field, what })
