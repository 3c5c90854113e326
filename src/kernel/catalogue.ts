// The types of the one list of record types and fields, from which tables, cells, indexes, forms, policies and reports are derived.

/** What the law sees in a field. */
export type DataClass = 'public' | 'internal' | 'personal' | 'sensitive'

/** Unit of sealing and of permission. */
export const fieldGroups = ['basic', 'contact', 'identity', 'financial', 'notes', 'custom'] as const
export type FieldGroup = (typeof fieldGroups)[number]

/** How a sealed field can be found: whole value, its last four digits, or parts of a name (with pinyin). */
export type SearchMode = 'exact' | 'suffix' | 'ngram'

export type FieldKind =
  | 'text' // one line
  | 'longtext' // several lines
  | 'name' // of a person
  | 'company' // name of an organisation
  | 'email'
  | 'phone'
  | 'url'
  | 'idnumber' // identity number of a person or a company
  | 'bankcard' // number of a bank account or a card
  | 'address'
  | 'money' // bigint, minor units of the tenant's currency
  | 'integer'
  | 'date' // YYYY-MM-DD, without a zone
  | 'datetime' // ISO 8601 in UTC
  | 'choice' // one of options
  | 'tags' // set of short texts
  | 'boolean'
  | 'link' // id of another record

export interface Label {
  readonly zh: string
  readonly en: string
}

export interface Option {
  readonly value: string
  readonly label: Label
  /** Pipeline options: probability in per cent, and whether the deal is closed by it. */
  readonly probability?: number
  readonly closed?: 'won' | 'lost'
  /** A role of the house's own; not part of what the product ships. */
  readonly own?: true
  /** What holds it keeps its name; nothing is given it any more. */
  readonly retired?: true
}

export interface Field {
  /** Stable number, unique over the whole catalogue; blind indexes are keyed by it. Never reused. */
  readonly id: number
  readonly name: string
  readonly kind: FieldKind
  readonly label: Label
  readonly dataClass: DataClass
  readonly group: FieldGroup
  /** Sealed in the group's cell, or plain in a column of its own (for sorting, forecasting, policies). */
  readonly storage: 'sealed' | 'plain'
  readonly search: readonly SearchMode[]
  readonly required: boolean
  /** Largest length in UTF-16 code units of text kinds. */
  readonly maxLength: number
  readonly options?: readonly Option[]
  /** Kind link: the record type it points to. */
  readonly to?: string
  /** Kind link: the record it points to is of the same person, so that an erasure of one names the other. */
  readonly same?: true
  /** Shown in lists unless the user chooses otherwise. */
  readonly inList: boolean
  readonly purpose: Label
  /** Added by the tenant. */
  readonly custom?: true
  /** No longer offered: its values stay, sealed with their record, and nobody is shown them. */
  readonly retired?: true
}

export interface RecordType {
  readonly name: string
  /** Path in the API: /api/<plural>. */
  readonly plural: string
  /** Table in schema crm. */
  readonly table: string
  /** Cedar entity type. */
  readonly entity: string
  readonly label: Label
  readonly plurals: Label
  /** Name of the field that names a record on screen. */
  readonly title: string
  /** Whether a record may have no owner (public pool). */
  readonly pool: boolean
  /** Link fields whose record's subject this record belongs to, first that is set wins; none: it is its own subject. */
  readonly subjectOf: readonly string[]
  readonly retentionDays: number
  /** Fields of which one row may hold at most one of some values: the database itself refuses more. */
  readonly exclusive?: { readonly fields: readonly string[]; readonly values: readonly (readonly string[])[] }
  readonly fields: readonly Field[]
}

export interface Catalogue {
  readonly types: readonly RecordType[]
}

/** The record type of that name; throws RangeError where there is none. */
export const typeOf = (catalogue: Catalogue, name: string): RecordType => {
  const found = catalogue.types.find((type) => type.name === name)
  if (!found) throw new RangeError(`no record type ${name}`)
  return found
}

/** The field of that name, or undefined; one that is no longer offered is none. */
export const fieldOf = (type: RecordType, name: string): Field | undefined =>
  type.fields.find((field) => field.name === name && field.retired !== true)

/** The fields people meet: in lists, forms, files and the interface. */
export const offeredFields = (type: RecordType): readonly Field[] =>
  type.fields.filter((field) => field.retired !== true)

/** Column of a plain field: its name in snake case, links with _id. */
export const columnOf = (field: Field): string => {
  const known = columnNames.get(field)
  if (known !== undefined) return known
  const snake = field.name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
  const name = field.kind === 'link' ? `${snake}_id` : snake
  columnNames.set(field, name)
  return name
}

// Asked for every field of every row that is shown.
const columnNames = new WeakMap<Field, string>()

/** Column of a group's cell. */
export const cellColumn = (group: FieldGroup): string => `cell_${group}`

/** Groups of a type that have at least one sealed field, in catalogue order. */
export const sealedGroups = (type: RecordType): readonly FieldGroup[] => {
  const known = groupsSealed.get(type)
  if (known) return known
  const sealed = (group: FieldGroup): boolean =>
    type.fields.some((field) => field.group === group && field.storage === 'sealed')
  const made = fieldGroups.filter(sealed)
  groupsSealed.set(type, made)
  return made
}

const groupsSealed = new WeakMap<RecordType, readonly FieldGroup[]>()

/** PostgreSQL type of a plain field. */
export const columnType = (field: Field): string => {
  switch (field.kind) {
    case 'money':
    case 'integer':
      return 'bigint'
    case 'date':
      return 'date'
    case 'datetime':
      return 'timestamptz'
    case 'boolean':
      return 'boolean'
    case 'link':
      return 'uuid'
    case 'tags':
      return 'text[]'
    default:
      return 'text'
  }
}
