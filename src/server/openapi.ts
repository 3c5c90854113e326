// OpenAPI 3.1 from the route table: what is described is what is served, since both come from the same rows. Keeps server-6.
import { faults } from '#kernel'
import type { Route } from './route.ts'
import { routes } from './routes.ts'
import { answer, integer, type Schema, string } from './schema.ts'

/** The document. */
export const openapi = (version: string): Schema => {
  const named = new Map<string, Schema>()
  const paths: Record<string, Record<string, Schema>> = {}
  for (const route of routes) {
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}')
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operation(route, named) }
  }
  const problem = answer({
    type: string,
    title: string,
    status: integer,
    detail: string,
    code: codes,
    'field?': string,
  })
  return {
    openapi: '3.1.0',
    info: {
      title: 'Holdfast 守客',
      version,
      description:
        'Sign in with POST /api/session; the session travels in a cookie. Every change carries the header x-holdfast-csrf with the value of csrf in GET /api/me. A program sends a key instead: authorization: Bearer hf_….',
    },
    paths,
    components: {
      schemas: { ...Object.fromEntries(named), Problem: problem },
      securitySchemes: {
        session: { type: 'apiKey', in: 'cookie', name: '__Host-holdfast' },
        csrf: { type: 'apiKey', in: 'header', name: 'x-holdfast-csrf' },
        key: { type: 'http', scheme: 'bearer', description: 'an API key: hf_…' },
      },
    },
  }
}

const codes: Schema = { type: 'string', enum: Object.keys(faults) }

const operation = (route: Route, named: Map<string, Schema>): Schema => {
  const reply =
    route.out === null ? { description: 'done' } : { description: 'the answer', content: contentOf(route, named) }
  const query = (route.query?.['properties'] ?? {}) as Record<string, Schema>
  const needed = (route.query?.['required'] ?? []) as readonly string[]
  const parameters = [
    ...[...route.path.matchAll(/:(\w+)/g)].map(([, name]) => ({
      name,
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(query).map(([name, schema]) => ({ name, in: 'query', required: needed.includes(name), schema })),
  ]
  const open = 'open' in route
  return {
    summary: route.summary,
    operationId: `${route.method.toLowerCase()}${route.path.replaceAll(/\W+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(bodyOf(route) ? { requestBody: bodyOf(route) } : {}),
    responses: {
      [String(statusOf(route))]: reply,
      default: {
        description: 'a problem',
        content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
      },
    },
    security: open ? [] : [route.method === 'GET' ? { session: [] } : { session: [], csrf: [] }, { key: [] }],
    ...(open ? { 'x-open': route.open } : { 'x-action': route.action, 'x-resource': route.resource }),
  }
}

/** Status of a good answer. */
export const statusOf = (route: Route): number => route.status ?? (route.out === null ? 204 : 200)

const contentOf = (route: Route, named: Map<string, Schema>): Schema =>
  route.out === 'file'
    ? { '*/*': { schema: { type: 'string', format: 'binary' } } }
    : { 'application/json': { schema: refer(route.out, named) } }

const bodyOf = (route: Route): Schema | undefined => {
  if (route.multipart) {
    const schema = { type: 'object', properties: { file: { type: 'string', format: 'binary' } }, required: ['file'] }
    return { required: true, content: { 'multipart/form-data': { schema } } }
  }
  const kind = 'form' in route ? 'application/x-www-form-urlencoded' : 'application/json'
  return route.body ? { required: true, content: { [kind]: { schema: route.body } } } : undefined
}

/** A schema with the titled ones inside it replaced by references. */
const refer = (value: unknown, named: Map<string, Schema>): unknown => {
  if (Array.isArray(value)) return value.map((item: unknown) => refer(item, named))
  if (typeof value !== 'object' || value === null) return value
  const { title } = value as { title?: unknown }
  const inner = Object.fromEntries(Object.entries(value).map(([key, item]) => [key, refer(item, named)]))
  if (typeof title !== 'string' || !('type' in value)) return inner
  if (!named.has(title)) named.set(title, inner)
  return { $ref: `#/components/schemas/${title}` }
}
