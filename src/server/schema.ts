// JSON Schemas of what comes in and goes out: small builders, and those derived from the catalogue. Keeps server-2.
import { type Field, fieldGroups, type RecordType } from '#kernel'

export interface Schema {
  readonly [key: string]: unknown
}

export const text = (maxLength = 1000): Schema => ({ type: 'string', maxLength })
export const string: Schema = { type: 'string' }
export const integer: Schema = { type: 'integer' }
export const number: Schema = { type: 'number' }
export const boolean: Schema = { type: 'boolean' }
export const anything: Schema = {}
export const id: Schema = { type: 'string', format: 'uuid' }
export const nullable = (schema: Schema): Schema => ({ ...schema, type: [schema['type'], 'null'] })
export const oneOf = (...values: readonly string[]): Schema => ({ type: 'string', enum: values })
export const list = (items: Schema, maxItems?: number): Schema => ({
  type: 'array',
  items,
  ...(maxItems === undefined ? {} : { maxItems }),
})
export const mapOf = (values: Schema): Schema => ({ type: 'object', additionalProperties: values })

/** An object going out: members not named are dropped. A name with ? at its end may be absent. */
export const answer = (members: Readonly<Record<string, Schema>>, title?: string): Schema => ({
  ...object(members),
  ...(title === undefined ? {} : { title }),
})

/** An object coming in: members not named are refused. */
export const request = (members: Readonly<Record<string, Schema>>): Schema => ({
  ...object(members),
  additionalProperties: false,
})

/** Of an object or null, as the serializer wants it. */
export const orNull = (schema: Schema): Schema => ({ anyOf: [schema, { type: 'null' }] })

const object = (members: Readonly<Record<string, Schema>>): Schema => {
  const names = Object.keys(members)
  return {
    type: 'object',
    properties: Object.fromEntries(names.map((name) => [name.replace(/\?$/, ''), members[name]])),
    required: names.filter((name) => !name.endsWith('?')),
  }
}

export const both: Schema = answer({ zh: string, en: string }, 'Both')

/** The query string of lists and counts. */
export const listQuery: Schema = request({
  'q?': text(200),
  'filter?': text(20_000),
  'sort?': text(64),
  'dir?': oneOf('asc', 'desc'),
  'limit?': text(6),
  'cursor?': text(2000),
  'deleted?': oneOf('0', '1'),
})

const anyValue: Schema = { type: ['string', 'number', 'boolean', 'array', 'null'], items: { type: 'string' } }

export const filters: Schema = list(
  request({
    field: text(64),
    op: oneOf('eq', 'ne', 'lt', 'lte', 'gt', 'gte', 'in', 'empty', 'notEmpty', 'contains'),
    'value?': anyValue,
  }),
  20,
)

/** Values coming in: names are checked here, what they hold is the vault's to judge, which names the field. */
export const valuesIn = (type: RecordType): Schema => ({
  ...request(Object.fromEntries(type.fields.map((field) => [`${field.name}?`, anyValue]))),
  patternProperties: { [ownField]: anyValue },
})

/** Fields that a tenant added are not known when the routes are made; the vault, which is, names those there are. */
const ownField = '^x_[a-z][a-z0-9_]{0,39}$'

/** Values going out: only fields of the catalogue, hidden ones absent, masked ones text. */
export const valuesOut = (type: RecordType): Schema => ({
  ...answer(Object.fromEntries(type.fields.map((field) => [`${field.name}?`, valueOut(field)]))),
  patternProperties: { [ownField]: anything },
})

/** A record as it goes out. */
export const recordOut = (type: RecordType): Schema =>
  answer(
    {
      id,
      type: string,
      version: integer,
      values: valuesOut(type),
      groups: answer(Object.fromEntries(fieldGroups.map((group) => [`${group}?`, oneOf('plain', 'masked', 'hidden')]))),
      ownerId: nullable(string),
      teamId: nullable(string),
      sharedWith: list(string),
      createdAt: string,
      updatedAt: string,
      deletedAt: nullable(string),
    },
    type.entity,
  )

const valueOut = (field: Field): Schema => {
  switch (field.kind) {
    case 'money':
    case 'integer':
      return { type: ['integer', 'string', 'null'] }
    case 'boolean':
      return { type: ['boolean', 'string', 'null'] }
    case 'tags':
      return { type: ['array', 'string', 'null'], items: string }
    default:
      return { type: ['string', 'null'] }
  }
}
