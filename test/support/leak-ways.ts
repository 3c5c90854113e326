// How each row of the route table that gives something of a record is asked in the leak matrix; a row that is not here fails it. Those that
// only read come before those that change. Keeps server-250.
import { fieldOf, type FieldGroup } from '#kernel'
import { canaryValue, required } from './canary.ts'
import { named, type Person, type Planted, unused, type World } from './leak-world.ts'

export interface Ask {
  /** Of the placeholders of the route, and what follows it. */
  readonly params?: Readonly<Record<string, string>>
  readonly query?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly raw?: string
  readonly headers?: Readonly<Record<string, string>>
  /** The reason that is given, by which policies decide. */
  readonly purpose?: string
}

export interface Of {
  readonly world: World
  readonly person: Person
  readonly one: Planted
  /** An erasure that was carried out. */
  readonly erasure: string
}

type Way = (of: Of) => readonly Ask[]

const id = ({ one }: Of): Readonly<Record<string, string>> => ({ id: one.id })
const version = ({ one }: Of): number => Number(one.row['version'])
const groupsIn = ({ type }: Planted): readonly FieldGroup[] => [...new Set(type.fields.map((field) => field.group))]
const fieldsOf = ({ one }: Of) => groupsIn(one).flatMap((group) => named(one, group) ?? [])
/** Fields that many records are given at once, each with a value other than none. */
const bulkFields = ({ one: { type } }: Of): readonly (readonly [string, unknown])[] =>
  type.fields.flatMap((field): readonly (readonly [string, unknown])[] => {
    if (field.storage !== 'plain' || field.name === 'stage') return []
    if (field.kind === 'choice') return [[field.name, field.options?.at(-1)?.value]]
    return field.kind === 'date' ? [[field.name, '2031-01-01']] : []
  })
/** One of each type that a person is asked about. */
const isOnce = ({ one, person }: Of): boolean => person.planted.findLast(({ type }) => type === one.type) === one
const plain: Way = (of) => [{ params: id(of) }]
const reason = 'leak test'

export const boundary = 'leak'
export const multipart = (name: string, content: string, fields: Readonly<Record<string, string>> = {}): Ask => ({
  raw: [
    ...Object.entries(fields).map(([key, value]) => `--${boundary}\r\ncontent-disposition: form-data; name="${key}"\r\n\r\n${value}\r\n`),
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="${name}"\r\n\r\n${content}\r\n--${boundary}--\r\n`,
  ].join(''),
  headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
}) // prettier-ignore

/** Rows of every type of record: by method and what follows the type. */
export const recordWays: Readonly<Record<string, Way>> = {
  'GET ': (of) => [
    { query: { limit: '200' } },
    { query: { limit: '200', deleted: '1' } },
    ...fieldsOf(of).map((field) => ({ query: { limit: '200', sort: field.name, dir: 'desc' } })),
  ],
  'GET /count': (of) => [
    {},
    ...fieldsOf(of).map(({ name }) => ({
      query: { filter: JSON.stringify([{ field: name, op: 'eq', value: of.one.values[name] }]) },
    })),
  ],
  'GET /:id': plain,
  'GET /:id/history': plain,
  'GET /:id/protection': plain,
  'GET /:id/attachments': plain,
  'GET /:id/attachments/:file/content': (of) =>
    of.one.files.flatMap((file, i) => [
      ...(i === 0 ? [{ params: { ...id(of), file: file.id } }] : []),
      { params: { ...id(of), file: file.id }, query: { reason }, purpose: reason },
    ]),
  'POST /:id/unmask': (of) =>
    groupsIn(of.one).map((group) => ({ params: id(of), body: { group, reason }, purpose: reason })),
  'POST /print': (of) => [
    // The purpose of a whole list on paper unmasks none of its rows. A list is the same whatever record one thinks of.
    ...(isOnce(of) ? [{ body: {} }, { body: { purpose: reason } }] : []),
    { body: { ...id(of) } },
    { body: { ...id(of), purpose: reason }, purpose: reason },
  ],
  'POST /export': () => [{ body: { purpose: reason }, purpose: reason }],
  'POST ': ({ world, one: { type } }) => [
    {
      body: {
        values: {
          ...required(type),
          ...Object.fromEntries(
            type.fields.flatMap((field) => {
              const value = world.fresh(field)
              return value === undefined ? [] : [[field.name, value]]
            }),
          ),
        },
      },
    },
  ],
  'PATCH /:id': (of) =>
    // Something else than is there; who guesses what is there is asked for by itself.
    fieldsOf(of).map((field) => ({
      params: id(of),
      body: { version: version(of), values: { [field.name]: canaryValue(field, unused) } },
    })),
  'POST /bulk/preview': (of) => [
    ...bulkFields(of).flatMap(([name, value]) => [
      { body: { values: { [name]: value }, records: [{ id: of.one.id, version: version(of) }] } },
      { body: { values: { [name]: value }, filters: [{ field: 'owner', op: 'notEmpty' }] } },
    ]),
    { body: { values: {}, ownerId: of.person.id, search: String(of.one.values[of.one.type.title]) } },
  ],
  'POST /bulk': (of) => {
    const records = [{ id: of.one.id, version: version(of) }]
    return [
      ...bulkFields(of).map(([name, value]) => ({ body: { act: of.one.id, values: { [name]: value }, records } })),
      { body: { act: of.one.id, values: {}, ownerId: of.person.id, records } },
    ]
  },
  'POST /:id/attachments': (of) =>
    groupsIn(of.one)
      .slice(0, 2)
      .map((group) => ({ params: id(of), ...multipart('note.txt', 'nothing of anybody', { group }) })),
  'POST /:id/share': (of) => [{ params: id(of), body: { userIds: [of.world.mate] } }],
  'POST /:id/stage': (of) => [{ params: id(of), body: { stage: 'won', version: version(of) } }],
  'POST /:id/release': (of) => [{ params: id(of), body: { reason } }],
  'POST /:id/claim': (of) => [{ params: id(of), body: {} }],
  'POST /:id/assign': (of) => [{ params: id(of), body: { ownerId: of.person.id } }],
  'DELETE /:id/attachments/:file': (of) => of.one.files.map((file) => ({ params: { ...id(of), file: file.id } })),
  'DELETE /:id': (of) => [{ params: id(of), query: { version: String(version(of)) } }],
  'POST /:id/recover': (of) => [{ params: id(of), body: {} }],
  'POST /:id/convert': (of) => [{ params: id(of), body: {} }],
}

/** Rows of their own. Those of provisioning are asked by a program with a token of its own. */
export const singleWays: Readonly<Record<string, Way>> = {
  'GET /api/search': (of) =>
    fieldsOf(of).flatMap(({ name }) => {
      const value = of.one.values[name]
      return typeof value === 'string' ? [{ query: { q: value } }] : []
    }),
  'GET /api/home': () => [{}],
  'GET /api/pipeline': () => [{}],
  'GET /api/directory': () => [{}],
  // Of every record there is: told to them all, whatever may be seen of it.
  'GET /api/notifications': () => [{ query: { limit: '50' } }],
  'GET /api/journal': ({ one }) => [{ query: { limit: '100' } }, { query: { limit: '100', obj: one.type.name } }],
  'GET /api/access/who': ({ one }) =>
    groupsIn(one).map((group) => ({ query: { type: one.type.name, id: one.id, group } })),
  'GET /api/access/why': ({ one, person }) =>
    groupsIn(one).map((group) => ({
      query: { type: one.type.name, id: one.id, person: person.id, action: `unmask.${group}` },
    })),
  'GET /api/erasures/preview': ({ one }) => [{ query: { type: one.type.name, id: one.id } }],
  'GET /api/erasures/same': ({ one }) => [{ query: { subject: one.id, after: 'index..0' } }],
  'GET /api/erasures/:id/certificate.json': ({ erasure }) => [{ params: { id: erasure } }],
  'GET /api/erasures/:id/certificate.pdf': ({ erasure }) => [{ params: { id: erasure } }],
}

/** The route of a way, filled in. */
export const urlOf = (path: string, { params = {}, query = {} }: Ask): string => {
  const filled = path.replaceAll(/:(\w+)/g, (_, name: string) => params[name] ?? '')
  const search = new URLSearchParams(query).toString()
  return search === '' ? filled : `${filled}?${search}`
}

/** A row of an export of ours that changes one field of a record. */
export const ownRow = ({ one }: Of, name: string, value: unknown): string => {
  const { type, id: record } = one
  const label = fieldOf(type, name)?.label.en ?? name
  const cell = (text: string): string => `"${text.replaceAll('"', '""')}"`
  return `${[`Holdfast ${type.label.en.toLowerCase()} ID`, label].map(cell).join(',')}\n${[record, String(value)].map(cell).join(',')}\n`
}
