// What this SCIM service can do, said as the protocol wants it: RFC 7643 sections 5 to 7.
import { groupSchema, userSchema } from '#identity'
import { Fault, type Thing } from '#kernel'

interface About {
  readonly path: string
  readonly summary: string
  readonly answer: (id: string | undefined) => unknown
}

const listed = (resources: readonly unknown[]): unknown => ({
  schemas: ['urn:ietf:params:scim:api:messages:2.0:ListResponse'],
  totalResults: resources.length,
  startIndex: 1,
  itemsPerPage: resources.length,
  Resources: resources,
})

const config = {
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ServiceProviderConfig'],
  patch: { supported: true },
  bulk: { supported: false, maxOperations: 0, maxPayloadSize: 0 },
  filter: { supported: true, maxResults: 200 },
  changePassword: { supported: false },
  sort: { supported: false },
  etag: { supported: true },
  authenticationSchemes: [
    {
      type: 'oauthbearertoken',
      name: 'Bearer token',
      description: 'A token made on the page “Provisioning”',
      primary: true,
    },
  ],
  meta: { resourceType: 'ServiceProviderConfig', location: '/scim/v2/ServiceProviderConfig' },
}

const types = [
  { id: 'User', endpoint: '/Users', schema: userSchema },
  { id: 'Group', endpoint: '/Groups', schema: groupSchema },
].map(({ id, endpoint, schema }) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:ResourceType'],
  id,
  name: id,
  endpoint,
  schema,
  schemaExtensions: [],
  meta: { resourceType: 'ResourceType', location: `/scim/v2/ResourceTypes/${id}` },
}))

const attribute = (name: string, more: object = {}): object => ({
  name,
  type: 'string',
  multiValued: false,
  required: false,
  caseExact: false,
  mutability: 'readWrite',
  returned: 'default',
  uniqueness: 'none',
  ...more,
})

const references = (to: string, mutability: string): object => ({
  type: 'complex',
  multiValued: true,
  mutability,
  subAttributes: [
    attribute('value', { caseExact: true, mutability: 'immutable' }),
    attribute('display', { mutability: 'readOnly' }),
    attribute('$ref', { type: 'reference', referenceTypes: [to], mutability: 'immutable' }),
  ],
})

const schemas = [
  {
    id: userSchema,
    name: 'User',
    attributes: [
      attribute('userName', { required: true, uniqueness: 'server' }),
      attribute('externalId', { caseExact: true }),
      attribute('displayName'),
      attribute('name', {
        type: 'complex',
        subAttributes: [attribute('formatted'), attribute('familyName'), attribute('givenName')],
      }),
      attribute('active', { type: 'boolean' }),
      attribute('emails', {
        type: 'complex',
        multiValued: true,
        subAttributes: [attribute('value'), attribute('type'), attribute('primary', { type: 'boolean' })],
      }),
      attribute('groups', references('Group', 'readOnly')),
    ],
  },
  {
    id: groupSchema,
    name: 'Group',
    attributes: [
      attribute('displayName', { required: true, uniqueness: 'server' }),
      attribute('externalId', { caseExact: true }),
      attribute('members', references('User', 'readWrite')),
    ],
  },
].map((schema) => ({
  schemas: ['urn:ietf:params:scim:schemas:core:2.0:Schema'],
  ...schema,
  meta: { resourceType: 'Schema', location: `/scim/v2/Schemas/${schema.id}` },
}))

const named = (all: readonly { readonly id: string }[], id: string | undefined, what: Thing): unknown => {
  const found = all.find((each) => each.id === id)
  if (!found) throw new Fault('not-found', { what })
  return found
}

export const about: readonly About[] = [
  { path: '/ServiceProviderConfig', summary: 'What the service can do', answer: () => config },
  { path: '/ResourceTypes', summary: 'Kinds of resources', answer: () => listed(types) },
  { path: '/ResourceTypes/:id', summary: 'One kind of resource', answer: (id) => named(types, id, 'resource type') },
  { path: '/Schemas', summary: 'What resources are made of', answer: () => listed(schemas) },
  { path: '/Schemas/:id', summary: 'What one kind is made of', answer: (id) => named(schemas, id, 'schema') },
]
