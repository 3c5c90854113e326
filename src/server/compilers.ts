// The schemas of the routes as functions, compiled once for a process: the server is opened anew when a house is exchanged, and its
// hundreds of schemas are the same then. A schema is its text here; what is made of one keeps nothing between two calls.
import ajv from '@fastify/ajv-compiler'
import { SerializerSelector } from '@fastify/fast-json-stringify-compiler'
import type { FastifyServerOptions } from 'fastify'

type Factory = Required<NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>>

/** What make answered, by the text of what it was asked for. */
const once = <Asked extends unknown[], Made>(
  make: (...asked: Asked) => Made,
  textOf: (...asked: Asked) => string,
): ((...asked: Asked) => Made) => {
  const made = new Map<string, Made>()
  return (...asked) => {
    const text = textOf(...asked)
    const known = made.get(text)
    if (known !== undefined) return known
    const fresh = make(...asked)
    made.set(text, fresh)
    return fresh
  }
}

const optionsText = (...options: unknown[]): string => JSON.stringify(options)

/** Of a route only its schema counts: its method and address stand beside it. */
const schemaText = (route: unknown): string =>
  JSON.stringify(typeof route === 'object' && route !== null && 'schema' in route ? route.schema : route)

// The types of the first package are overloads for two dialects of schemas; this is the one that fastify asks for.
type Compile = (route: unknown) => ReturnType<ReturnType<Factory['buildSerializer']>>
const validators = ajv() as unknown as (...options: unknown[]) => Compile
const serializers = SerializerSelector() as unknown as (...options: unknown[]) => Compile

/** For fastify's `schemaController`: a compiler for each set of shared schemas and options, and with it one function for each schema. */
export const compilersFactory = {
  buildValidator: once((...options: unknown[]) => once(validators(...options), schemaText), optionsText),
  buildSerializer: once((...options: unknown[]) => once(serializers(...options), schemaText), optionsText),
} as unknown as Factory
