// Deciding: the compiled closures against the official engine with its policies parsed beforehand, on the same requests; whole rows
// turned into entities and decided; and the row condition of a list. Both engines have answered every request alike before it counts.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import { type Principal, type Uuid } from '#kernel'
import {
  accessSchema,
  compilePolicies,
  contextOf,
  EntityStore,
  organisation,
  type RecordValue,
  recordColumns,
  type Request,
  rowEntity,
  shippedPolicies,
  userRef,
  withPrincipal,
} from '#access'
import { entityToJson, toCedarJson } from '../src/access/json.ts'
import { readSchema } from '../src/access/official.ts'
import { catalogue } from '../src/crm/catalogue.ts'
import { inTurns, type Line } from './bench.ts'
import { caslAllows, type CaslCase } from './support/casl.ts'

const rounds = 7
const requests = 2000
/** The official engine is slow; it decides a part of the requests, spread over all kinds. */
const asked = 500

/** 2,000 closures are done in milliseconds, too short to measure alone. */
const repeats = 10
const often = (work: () => void): void => {
  for (let i = 0; i < repeats; i++) work()
}

export const run = (): Promise<Line[]> => {
  const policies = compilePolicies(accessSchema(catalogue), shippedPolicies())
  const cases = buildCases()
  const engine = officialEngine()
  const part = cases.filter((_, i) => i % (requests / asked) === 0)
  for (const one of part) {
    if (policies.decide(one.request).allow !== engine(one))
      throw new Error('the two engines differ, so their speed cannot be compared')
  }
  const [full = NaN, brief = NaN, rows = NaN, official = NaN, conditions = NaN, casl = NaN] = inTurns(rounds, [
    () => often(() => cases.forEach(({ request }) => policies.decide(request))),
    () => often(() => cases.forEach(({ request }) => policies.allows(request))),
    () =>
      cases.forEach(({ request, row, type }) => {
        const resource = rowEntity(columnsOf(type), row)
        policies.allows({ ...request, entities: request.entities.with(resource) })
      }),
    () => part.forEach(engine),
    () => part.forEach(({ request, type }) => policies.predicate({ ...request, columns: columnsOf(type) })),
    () => cases.forEach(({ casl: one }) => caslAllows(one)),
  ])
  const reference = asked / official
  const line = (metric: string, value: number): Line => ({
    bench: 'decide',
    metric: `decide/${metric}`,
    value,
    unit: 'decisions/s',
    reference,
    ratio: value / reference,
  })
  const condition = (conditions / asked) * 1e6
  const [ours, theirs] = [(repeats * requests) / brief, requests / casl]
  return Promise.resolve([
    line('closure_vs_cedar_wasm', (repeats * requests) / brief),
    {
      bench: 'decide',
      metric: 'decide/closure_vs_casl',
      value: ours,
      unit: 'decisions/s',
      reference: theirs,
      ratio: ours / theirs,
    },
    line('closure_with_reasons_vs_cedar_wasm', (repeats * requests) / full),
    line('row_to_decision_vs_cedar_wasm', requests / rows),
    {
      bench: 'decide',
      metric: 'decide/row_condition',
      value: condition,
      unit: 'µs',
      reference: 250,
      ratio: condition / 250,
    },
  ])
}

interface Case {
  readonly request: Request & { readonly context: RecordValue }
  readonly row: { readonly [column: string]: unknown }
  readonly type: string
  readonly entities: readonly ReturnType<typeof entityToJson>[]
  /** The same question for CASL, whose ability is built for it. */
  readonly casl: CaslCase
}

const id = (n: number): Uuid => `00000000-0000-7000-8000-${n.toString().padStart(12, '0')}`
const types = ['account', 'contact', 'lead', 'deal', 'followup', 'task'] as const
const actions = [
  'list',
  'view.basic',
  'view.contact',
  'unmask.contact',
  'edit.basic',
  'export',
  'create',
  'assign',
  'claim',
  'history',
]
const roles = ['administrator', 'manager', 'sales', 'sales', 'sales'] as const

const maps = new Map(types.map((type) => [type as string, recordColumns(catalogue, type)]))
const columnsOf = (type: string) => maps.get(type) ?? recordColumns(catalogue, type)

/** 60 people in 12 teams of three levels; records of everyone, shared and in the pool, in a fixed order that looks random. */
const buildCases = (): readonly Case[] => {
  const teams = Array.from({ length: 12 }, (_, i) => ({
    id: id(1000 + i),
    parent: i === 0 ? null : id(1000 + Math.floor((i - 1) / 3)),
  }))
  const people = Array.from({ length: 60 }, (_, i) => ({
    id: id(i),
    role: roles[i % roles.length] ?? 'sales',
    team: id(1000 + (i % 12)),
    active: i % 20 !== 19,
  }))
  const org = organisation(people, teams)
  const actionStore = readSchema(accessSchema(catalogue))
  return Array.from({ length: requests }, (_, i) => {
    const person = people[(i * 7) % people.length] ?? { id: id(0), role: 'sales', team: id(1000), active: true }
    const principal: Principal = { kind: 'user', tenant: id(9999), ...person }
    const type = types[i % types.length] ?? 'deal'
    const owner = people[(i * 11) % people.length]
    const row = rowOf(i, i % 5 === 0 ? null : i % 3 === 0 ? person : (owner ?? null), i % 4 === 0 ? [person.id] : [])
    const resource = rowEntity(columnsOf(type), row)
    const entities = withPrincipal(org, principal).with(resource)
    const context = contextOf({
      now: new Date(1.7e12),
      channel: 'web',
      ip: '192.0.2.1',
      mfa: i % 2 === 0,
      purpose: i % 3 === 0 ? 'annual review' : '',
    })
    const around = [userRef(person.id), resource.ref, ...(row.owner_id === null ? [] : [userRef(row.owner_id)])]
    const slice = [...around, ...around.flatMap((one) => entities.ancestors(one))].flatMap(
      (one) => entities.get(one) ?? [],
    )
    const action = actions[i % actions.length] ?? 'list'
    const named = { type: 'Action', id: action }
    const groups = [named, ...actionStore.ancestors(named)].flatMap((one) => actionStore.get(one) ?? [])
    return {
      request: {
        principal: userRef(person.id),
        action,
        resource: resource.ref,
        context,
        entities,
      },
      row,
      type,
      casl: {
        person: person.id,
        role: person.role,
        active: person.active,
        purpose: i % 3 === 0 ? 'annual review' : '',
        teams: org.descendants({ type: 'Team', id: person.team }).map((one) => one.id),
        action,
        type,
        row,
      },
      // The official engine is given only what the request touches: all people, teams and actions would slow it.
      entities: Array.from(new EntityStore([...slice, ...groups]).all(), entityToJson),
    }
  })
}

const rowOf = (i: number, owner: { readonly id: Uuid; readonly team: Uuid } | null, shared: readonly Uuid[]) => ({
  id: id(100_000 + i),
  owner_id: owner?.id ?? null,
  team_id: owner?.team ?? null,
  shared_with: shared,
  created_by: owner?.id ?? id(0),
  created_at: new Date(1.6e12),
  updated_at: new Date(1.65e12),
  deleted_at: i % 50 === 0 ? new Date(1.66e12) : null,
  amount: BigInt(i * 100),
  stage: 'proposal',
})

const officialEngine = (): ((one: Case) => boolean) => {
  const parsed = preparsePolicySet('bench', {
    staticPolicies: Object.fromEntries(shippedPolicies().map(({ id: name, text }) => [name, text])),
  })
  if (parsed.type === 'failure') throw new Error('the shipped policies do not parse')
  return ({ request, entities }) => {
    const answer = statefulIsAuthorized({
      principal: { type: 'User', id: request.principal.id },
      action: { type: 'Action', id: request.action },
      resource: { type: request.resource.type, id: request.resource.id },
      context: toCedarJson(request.context) as Record<string, never>,
      preparsedPolicySetId: 'bench',
      entities: entities as never,
    })
    return answer.type === 'success' && answer.response.decision === 'allow'
  }
}
