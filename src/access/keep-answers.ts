// Asks the official engine about everything the product ships, and keeps what it says. Keeps access-198.
import type { Catalogue } from '#kernel'
import { recording } from './answers.ts'
import { housePolicies } from './in-force.ts'
import { railTexts } from './rails.ts'
import { accessSchema } from './schema.ts'
import { shippedDocument } from './shipped.ts'
import { policySetTextToParts, policyToJson, schemaToJson, validate } from './wasm.ts'

/** For the policies a house with this catalogue begins with. Throws what the file system throws where nothing can be written. */
export const keepAnswers = (catalogue: Catalogue): void => {
  recording(() => {
    askAll(catalogue)
  })
}

/** Asks everything that is kept for the policies a house with this catalogue begins with. */
export const askAll = (catalogue: Catalogue): void => {
  const schema = accessSchema(catalogue)
  const policies = housePolicies(catalogue, shippedDocument)
  schemaToJson(schema)
  railTexts().forEach(policySetTextToParts)
  for (const { text } of policies) policyToJson(text)
  validate(schema, Object.fromEntries(policies.map(({ id, text }) => [id, text])))
}
