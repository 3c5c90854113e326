// SCIM 2.0 over HTTP (RFC 7644): users and groups for a provider that comes with its own token. Keeps server-1, server-182.
import { Fault, type Uuid } from '#kernel'
import {
  applyPatch,
  type Caller,
  type Group,
  groupSchema,
  isResource,
  matches,
  member,
  parseFilter,
  type ProvisionedUser,
  readOperations,
  readPerson,
  type Resource,
  userSchema,
} from '#identity'
import { Carried, type Method, type OpenCall, type OpenRoute } from './route.ts'
import { anything, answer, boolean, integer, list, type Schema, string } from './schema.ts'
import { about } from './scim-about.ts'

const root = '/scim/v2'
const open = 'for providers of identity: every request carries a token of theirs, looked at before its body'
const listSchema = 'urn:ietf:params:scim:api:messages:2.0:ListResponse'

const metaOut = answer({ 'resourceType?': string, 'location?': string, 'version?': string })
const userOut = answer({
  'schemas?': list(string),
  'id?': string,
  'externalId?': string,
  'userName?': string,
  'displayName?': string,
  'name?': answer({ 'formatted?': string }),
  'active?': boolean,
  'emails?': list(answer({ value: string, type: string, primary: boolean })),
  'groups?': list(answer({ value: string, display: string, $ref: string })),
  'meta?': metaOut,
})
const groupOut = answer({
  'schemas?': list(string),
  'id?': string,
  'externalId?': string,
  'displayName?': string,
  'members?': list(answer({ value: string, type: string, $ref: string })),
  'meta?': metaOut,
})
const listOf = (item: Schema): Schema =>
  answer({
    schemas: list(string),
    totalResults: integer,
    startIndex: integer,
    itemsPerPage: integer,
    Resources: list(item),
  })

const query: Schema = { type: 'object', additionalProperties: { type: 'string', maxLength: 4000 } }
const body: Schema = { type: 'object', additionalProperties: true }

interface Row {
  readonly method: Method
  readonly path: string
  readonly summary: string
  readonly out: Schema | null
  readonly status?: number
  readonly body?: Schema
  readonly handler: (call: OpenCall, caller: Caller) => Promise<unknown>
}

const row = ({ handler, ...rest }: Row): OpenRoute => ({
  ...rest,
  path: `${root}${rest.path}`,
  open,
  query,
  scim: true,
  handler: (call) => {
    if (!call.provisioner) throw new Fault('not-signed-in')
    return handler(call, call.provisioner)
  },
})

export const scimRoutes: readonly OpenRoute[] = [
  ...about.map(({ path, summary, answer: said }) =>
    row({ method: 'GET', path, summary, out: anything, handler: (call) => Promise.resolve(said(call.params['id'])) }),
  ),
  row({
    method: 'GET',
    path: '/Users',
    summary: 'Users that a filter wants',
    out: listOf(userOut),
    handler: async (call, caller) =>
      page(call, (await call.house.identity.provisioning.users(caller)).map(userAs(call))),
  }),
  row({
    method: 'POST',
    path: '/Users',
    summary: 'Make a user',
    body,
    out: userOut,
    status: 201,
    handler: async (call, caller) =>
      one(
        call,
        userAs(call)(await call.house.identity.provisioning.createUser(caller, readPerson(call.body as Resource))),
      ),
  }),
  row({
    method: 'GET',
    path: '/Users/:id',
    summary: 'One user',
    out: userOut,
    handler: async (call, caller) =>
      one(call, userAs(call)(await call.house.identity.provisioning.user(caller, idIn(call)))),
  }),
  ...(['PUT', 'PATCH'] as const).map((method) =>
    row({
      method,
      path: '/Users/:id',
      summary: method === 'PUT' ? 'Replace a user' : 'Change a user',
      body,
      out: userOut,
      handler: async (call, caller) => {
        const { provisioning } = call.house.identity
        const before = userAs(call)(await provisioning.user(caller, idIn(call)))
        demandVersion(call, before)
        const after = method === 'PUT' ? (call.body as Resource) : applyPatch(before, readOperations(call.body))
        return one(call, userAs(call)(await provisioning.changeUser(caller, idIn(call), readPerson(after, before))))
      },
    }),
  ),
  row({
    method: 'DELETE',
    path: '/Users/:id',
    summary: 'Take a user away; sessions end',
    out: null,
    handler: async (call, caller) => {
      const { provisioning } = call.house.identity
      if (call.ifMatch !== undefined) demandVersion(call, userAs(call)(await provisioning.user(caller, idIn(call))))
      await provisioning.removeUser(caller, idIn(call))
    },
  }),
  row({
    method: 'GET',
    path: '/Groups',
    summary: 'Groups that a filter wants',
    out: listOf(groupOut),
    handler: async (call, caller) =>
      page(call, (await call.house.identity.provisioning.groups(caller)).map(groupAs(call))),
  }),
  row({
    method: 'POST',
    path: '/Groups',
    summary: 'Make a group',
    body,
    out: groupOut,
    status: 201,
    handler: async (call, caller) =>
      one(
        call,
        groupAs(call)(await call.house.identity.provisioning.saveGroup(caller, null, readGroup(call.body as Resource))),
      ),
  }),
  row({
    method: 'GET',
    path: '/Groups/:id',
    summary: 'One group',
    out: groupOut,
    handler: async (call, caller) =>
      one(call, groupAs(call)(await call.house.identity.provisioning.group(caller, idIn(call)))),
  }),
  ...(['PUT', 'PATCH'] as const).map((method) =>
    row({
      method,
      path: '/Groups/:id',
      summary: method === 'PUT' ? 'Replace a group' : 'Change a group and its members',
      body,
      out: groupOut,
      handler: async (call, caller) => {
        const { provisioning } = call.house.identity
        const before = groupAs(call)(await provisioning.group(caller, idIn(call)))
        demandVersion(call, before)
        const after = method === 'PUT' ? (call.body as Resource) : applyPatch(before, readOperations(call.body))
        return one(call, groupAs(call)(await provisioning.saveGroup(caller, idIn(call), readGroup(after))))
      },
    }),
  ),
  row({
    method: 'DELETE',
    path: '/Groups/:id',
    summary: 'Take a group away; its members lose the role it gave',
    out: null,
    handler: (call, caller) => call.house.identity.provisioning.removeGroup(caller, idIn(call)),
  }),
]

const idIn = (call: OpenCall): string => call.params['id'] ?? ''

const refuse = (what: string, scimType: string): never => {
  throw new Fault('scim-refused', { what, scimType })
}

/** RFC 7644 section 3.14. */
const demandVersion = (call: OpenCall, before: Resource): void => {
  const { meta } = before
  const version = isResource(meta) ? meta['version'] : undefined
  if (call.ifMatch !== undefined && call.ifMatch !== '*' && call.ifMatch !== version) throw new Fault('scim-version')
}

const one = (call: OpenCall, resource: Resource): Carried => {
  const meta = isResource(resource['meta']) ? resource['meta'] : {}
  const headers = {
    etag: String(meta['version']),
    ...(call.method === 'POST' ? { location: String(meta['location']) } : {}),
  }
  return new Carried(projected(call, resource), [], undefined, headers)
}

const most = 200

const page = (call: OpenCall, all: readonly Resource[]): unknown => {
  const text = member(call.query, 'filter')
  const filter = typeof text === 'string' && text !== '' ? parseFilter(text) : undefined
  const found = filter ? all.filter((resource) => matches(filter, resource)) : all
  const number = (name: string, otherwise: number): number => {
    const given = member(call.query, name)
    if (given === undefined) return otherwise
    const value = Number(given)
    return Number.isInteger(value) ? value : refuse(`${name} is a whole number`, 'invalidValue')
  }
  // RFC 7644 section 3.4.2.4: what is below the least counts as the least.
  const startIndex = Math.max(1, number('startIndex', 1))
  const count = Math.min(most, Math.max(0, number('count', most)))
  const shown = found.slice(startIndex - 1, startIndex - 1 + count)
  return {
    schemas: [listSchema],
    totalResults: found.length,
    startIndex,
    itemsPerPage: shown.length,
    Resources: shown.map((resource) => projected(call, resource)),
  }
}

/** attributes and excludedAttributes, by the first name of each path. */
const projected = (call: OpenCall, resource: Resource): Resource => {
  const names = (given: unknown): ReadonlySet<string> | undefined =>
    typeof given === 'string' && given !== ''
      ? new Set(given.split(',').map((name) => (name.trim().split('.')[0] ?? '').toLowerCase()))
      : undefined
  const wanted = names(member(call.query, 'attributes'))
  const unwanted = names(member(call.query, 'excludedAttributes'))
  return Object.fromEntries(
    Object.entries(resource).filter(([name]) => {
      if (name === 'id' || name === 'schemas') return true
      return wanted ? wanted.has(name.toLowerCase()) : !unwanted?.has(name.toLowerCase())
    }),
  )
}

const metaOf = (call: OpenCall, kind: 'User' | 'Group', id: Uuid, version: number): Resource => ({
  resourceType: kind,
  location: `${call.base}${root}/${kind}s/${id}`,
  version: `W/"${String(version)}"`,
})

const userAs =
  (call: OpenCall) =>
  (user: ProvisionedUser): Resource => ({
    schemas: [userSchema],
    id: user.id,
    ...(user.externalId === null ? {} : { externalId: user.externalId }),
    userName: user.userName,
    displayName: user.name,
    name: { formatted: user.name },
    active: user.active,
    emails: [{ value: user.email, type: 'work', primary: true }],
    groups: user.groups.map(({ id, name }) => ({ value: id, display: name, $ref: `${call.base}${root}/Groups/${id}` })),
    meta: metaOf(call, 'User', user.id, user.version),
  })

const groupAs =
  (call: OpenCall) =>
  (group: Group): Resource => ({
    schemas: [groupSchema],
    id: group.id,
    ...(group.externalId === null ? {} : { externalId: group.externalId }),
    displayName: group.name,
    members: group.members.map((id) => ({ value: id, type: 'User', $ref: `${call.base}${root}/Users/${id}` })),
    meta: metaOf(call, 'Group', group.id, group.version),
  })

const mostMembers = 10_000

const readGroup = (resource: Resource): Omit<Group, 'id' | 'version'> => {
  const name = member(resource, 'displayName')
  if (typeof name !== 'string' || name.trim() === '' || name.length > 200)
    return refuse('displayName is needed, with at most 200 characters', 'invalidValue')
  const externalId = member(resource, 'externalId')
  const given = member(resource, 'members')
  const members = (Array.isArray(given) ? given : []).map((one: unknown) => {
    const value = isResource(one) ? member(one, 'value') : undefined
    return typeof value === 'string' ? value : refuse('a member has a value', 'invalidValue')
  })
  if (members.length > mostMembers) return refuse('a group has at most 10000 members', 'tooMany')
  return { name: name.trim(), externalId: typeof externalId === 'string' ? externalId.slice(0, 300) : null, members }
}
