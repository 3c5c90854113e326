// Fields that a tenant adds to the catalogue: what such a field may be, and the catalogue with them. Keeps kernel-100.
import { type Catalogue, type Field, type FieldKind, fieldGroups } from './catalogue.ts'

/** A field as a row of the catalogue: the record type it belongs to, and how often its definition was changed. */
export interface CustomField {
  readonly type: string
  /** 1 at first; goes up with every change. */
  readonly revision: number
  readonly field: Field
}

/** Numbers of custom fields begin here; what the product ships stays below. The blind index has two bytes for them. */
export const firstCustomId = 10_000

/** Kinds a custom field may have. A sealed one holds text: what is sealed is neither compared nor summed. */
export const customKinds = [
  'text',
  'longtext',
  'integer',
  'money',
  'boolean',
  'date',
  'datetime',
  'choice',
  'tags',
  'email',
  'phone',
  'url',
  'idnumber',
] as const satisfies readonly FieldKind[]

/** Kinds that can be sealed. */
export const sealableKinds: readonly FieldKind[] = ['text', 'longtext', 'date', 'email', 'phone', 'url', 'idnumber']

/** Sealed kinds that an index can find by their whole value. */
export const searchableKinds: readonly FieldKind[] = ['text', 'email', 'phone', 'idnumber']

/** Names of custom fields: told apart from shipped ones for ever, and safe as the name of a column. */
export const customName = /^x_[a-z][a-z0-9_]{0,39}$/

/** The most fields a tenant may add to one record type. */
export const customLimit = 100

/** The catalogue with a tenant's own fields behind the shipped ones; a field whose type is unknown is left out. */
export const withCustom = (catalogue: Catalogue, custom: readonly CustomField[]): Catalogue => ({
  types: catalogue.types.map((type) => {
    const added = custom.filter((one) => one.type === type.name).map((one) => one.field)
    return added.length === 0 ? type : { ...type, fields: [...type.fields, ...added] }
  }),
})

/** How far the custom fields have been changed: the same number, the same fields. */
export const catalogueNumber = (custom: readonly CustomField[]): number =>
  custom.reduce((sum, one) => sum + one.revision, 0)

/** A definition as it was stored. Throws RangeError where it is none: it came from this program, or somebody wrote in the database. */
export const readCustomField = (type: string, id: number, revision: number, stored: unknown): CustomField => {
  const field = stored as Partial<Field> | null
  const sound =
    typeof field === 'object' &&
    field !== null &&
    Number.isSafeInteger(id) &&
    id >= firstCustomId &&
    id <= 0xffff &&
    field.id === id &&
    customName.test(field.name ?? '') &&
    (customKinds as readonly unknown[]).includes(field.kind) &&
    fieldGroups.includes(field.group as never) &&
    ['public', 'internal', 'personal', 'sensitive'].includes(field.dataClass ?? '') &&
    (field.storage === 'plain' || (field.storage === 'sealed' && sealableKinds.includes(field.kind as FieldKind))) &&
    (field.storage === 'sealed' || field.dataClass === 'public' || field.dataClass === 'internal') &&
    Array.isArray(field.search) &&
    typeof field.maxLength === 'number' &&
    typeof field.label?.zh === 'string' &&
    typeof field.label.en === 'string'
  if (!sound) throw new RangeError(`the definition of custom field ${String(id)} is not sound`)
  return { type, revision, field: field as Field }
}
