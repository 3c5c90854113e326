// The condition builder over HTTP: the words it is made of, and a policy between tree and text. It stores nothing. Keeps server-230, server-231.
import {
  accessSchema,
  builtOfText,
  parseBuilt,
  policyObjection,
  roleLabel,
  sentenceOfBuilt,
  textOfBuilt,
  vocabularyOf,
} from '#access'
import type { PolicyBuiltAnswer, PolicyTextAnswer, PolicyWordsAnswer } from './contract/policy-builder.ts'
import type { Call, GuardedRoute } from './route.ts'
import { answer, anything, boolean, both, list, nullable, oneOf, orNull, request, string, text } from './schema.ts'

const guard = { action: 'policy.view', resource: 'system' } as const
const named = answer({ name: string, label: both })

export const policyBuilderRoutes: readonly GuardedRoute[] = [
  {
    ...guard,
    method: 'GET',
    path: '/api/policies/words',
    summary: 'What a condition may ask about: attributes, actions, roles and types, with their names in both languages',
    out: answer({
      words: list(
        answer({
          of: string,
          path: list(string),
          label: both,
          kind: string,
          optional: boolean,
          options: list(answer({ value: string, label: both })),
          types: list(string),
        }),
      ),
      actions: list(answer({ name: string, label: both, on: oneOf('record', 'system', 'any') })),
      roles: list(named),
      types: list(answer({ name: string, entity: string, label: both })),
    }),
    handler: async ({ house, actor }): Promise<PolicyWordsAnswer> => {
      await house.vault.demand(actor, 'policy.view')
      const { catalogue } = house.vault
      const { document } = await house.policyControl.state(actor)
      const roles = ['administrator', ...document.roles.map(({ name }) => name)]
      return {
        ...vocabularyOf(catalogue),
        roles: roles.map((name) => ({ name, label: roleLabel(catalogue, name) })),
        types: catalogue.types.map(({ name, entity, label }) => ({ name, entity, label })),
      }
    },
  },
  {
    ...guard,
    method: 'POST',
    path: '/api/policies/text',
    summary: 'The Cedar text of a policy from the condition builder, as a sentence too, and why it could not stand',
    body: request({ built: anything }),
    out: answer({ text: string, sentence: both, problem: nullable(string) }),
    handler: async ({ house, actor, body }): Promise<PolicyTextAnswer> => {
      await house.vault.demand(actor, 'policy.view')
      const built = parseBuilt((body as { built: unknown }).built)
      const written = textOfBuilt(built)
      return {
        text: written,
        sentence: sentenceOfBuilt(house.vault.catalogue, built),
        problem: objection(house, built.annotations['id'], written),
      }
    },
  },
  {
    ...guard,
    method: 'POST',
    path: '/api/policies/built',
    summary: 'A policy text as the condition builder shows it, or what the builder has no place for',
    body: request({ text: text(20_000) }),
    out: answer({
      built: orNull({ type: 'object', additionalProperties: true }),
      form: nullable(string),
      moved: boolean,
      sentence: orNull(both),
      problem: nullable(string),
    }),
    handler: async ({ house, actor, body }): Promise<PolicyBuiltAnswer> => {
      await house.vault.demand(actor, 'policy.view')
      const given = (body as { text: string }).text
      const read = builtOfText(given)
      if (read.built === null)
        return { built: null, form: read.form, moved: false, sentence: null, problem: objection(house, read.id, given) }
      const { built, moved } = read
      const sentence = sentenceOfBuilt(house.vault.catalogue, built)
      return { built, form: null, moved, sentence, problem: objection(house, built.annotations['id'], given) }
    },
  },
]

const objection = (house: Call['house'], id: string | null | undefined, written: string): string | null =>
  policyObjection(accessSchema(house.vault.catalogue), { id: id ?? '', text: written }) ?? null
