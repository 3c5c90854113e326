// Dry run: past accesses decided anew by the policies in force and by proposed ones, against the limit of 100,000 accesses a second and
// core. Decided: every access asked of both sets, grouped or not. Whole: the job as it runs, from the journal to the report. The peer is
// the official engine, asked the same accesses one by one of both sets, parsed beforehand.
import { preparsePolicySet, statefulIsAuthorized } from '@cedar-policy/cedar-wasm/nodejs'
import {
  compileVersion,
  contextOf,
  type Entity,
  EntityStore,
  type EntityUid,
  type PolicyDocument,
  type PolicyText,
  recordColumns,
  Ref,
  Replay,
  type Replayed,
  type ReplaySeat,
  rowEntity,
  shippedDocument,
  userRef,
} from '#access'
import type { EntryInput, PastEntry } from '#journal'
import { services, type Uuid } from '#kernel'
import { dryRunKind } from '#vault'
import { entityToJson, toCedarJson } from '../src/access/json.ts'
import { readSchema } from '../src/access/official.ts'
import { accessSchema } from '../src/access/schema.ts'
import { createOrgCache, type Org } from '../src/vault/org.ts'
import { pastOf } from '../src/vault/past.ts'
import type { Row } from '../src/vault/row.ts'
import { cpuSeconds, type Line, median } from './bench.ts'
import { type BenchHouse, benchHouse, chineseName, ownersOf } from './support/house.ts'
import { load } from './support/load.ts'

const limit = 100_000
const rounds = 5
const accounts = 5000
const asked = 60

/** Two conditions more: one on the hour, which nothing prepared beforehand settles, one on the record. */
const proposed: PolicyDocument = {
  ...shippedDocument,
  restrictions: [
    { name: 'bench-hours', roles: ['sales'], types: ['account'], actions: ['unmask.contact'], mode: 'unless', conditions: [{ is: 'hours', from: '08:00', to: '19:00', days: [1, 2, 3, 4, 5] }] },
    { name: 'bench-pool', roles: ['sales'], types: ['account'], actions: ['view.contact'], mode: 'when', conditions: [{ is: 'field', field: 'pool', op: 'eq', value: true }] },
  ],
} // prettier-ignore

export const run = async (options: { readonly rows?: number } = {}): Promise<readonly Line[]> => {
  const rows = options.rows ?? 400_000
  const bench = await benchHouse()
  try {
    const { house } = bench
    const people = ownersOf(bench)
    await load(house, {
      type: 'account',
      from: 0,
      to: accounts,
      searchable: false,
      place: (i) => {
        const { id, team } = people[i % people.length] ?? { id: null, team: null }
        return i % 50 === 13 ? { owner: null, team: null } : { owner: id, team }
      },
      make: (i) => ({ name: chineseName(i) }),
    })
    const [from, ids] = [new Date(), await idsOf(bench)]
    for (let i = 0; i < rows; i += 5000) await house.journal.record(scope(bench), entries(bench, ids, i, Math.min(rows, i + 5000))) // prettier-ignore
    const to = new Date(Date.now() + 1000)
    // The sealer would work beside it on this thread.
    await house.journal.sealUp(house.tenant)
    const memory = await inMemory(bench, from, to)
    const whole = await wholeJob(bench, from, to)
    return [...memory, ...whole]
  } finally {
    await bench.close()
  }
}

const scope = ({ house }: BenchHouse) => ({ tenant: house.tenant, principal: services.system })

const idsOf = ({ house }: BenchHouse): Promise<readonly Uuid[]> =>
  house.store
    .transaction({ tenant: house.tenant, principal: services.system }, (tx) =>
      tx.query<{ id: Uuid }>({ text: 'select id from crm.account where tenant_id = $1 order by id', values: [house.tenant] }),
    )
    .then((rows) => rows.map(({ id }) => id)) // prettier-ignore

/** What people do all day: lists, looks, changes, and numbers revealed for a reason; a few are refused. */
const entries = (bench: BenchHouse, ids: readonly Uuid[], from: number, to: number): readonly EntryInput[] => {
  const people = ownersOf(bench)
  return Array.from({ length: to - from }, (_, n): EntryInput => {
    const i = from + n
    const actor = people[(i * 7) % people.length]?.id ?? services.system
    const recordId = ids[(i * 7 + (i % 3 === 0 ? 0 : (i % 40) * people.length)) % ids.length] ?? services.system
    const told = { obj: 'account', actor, channel: 'web', ip: '10.1.2.3', policy: '1@0123456789ab', decision: 'allow' } as const // prettier-ignore
    const kind = i % 20
    if (kind < 4) return { ...told, act: 'record.list', detail: { rows: 50, searched: false, filters: [] } }
    if (kind < 15) return { ...told, act: 'record.view', recordId, groups: ['basic', 'contact'] }
    if (kind < 17) return { ...told, act: 'record.update', recordId, groups: ['basic'] }
    if (kind < 19) return { ...told, act: 'record.unmask', recordId, groups: ['contact'], purpose: `call ${String(i % 8)}` } // prettier-ignore
    return { ...told, act: 'denied', recordId, decision: 'deny', detail: { action: 'not-found' } }
  })
}

interface Asked {
  readonly seat: ReplaySeat
  readonly actions: readonly string[]
  readonly resource: Entity | undefined
  readonly around: { at: Date; channel: 'web'; ip: string; purpose: string }
  readonly recorded: boolean
  readonly key: string
}

/** The deciding alone, on this thread's processor time: nothing is read meanwhile. */
const inMemory = async (bench: BenchHouse, from: Date, to: Date): Promise<readonly Line[]> => {
  const { house } = bench
  const { catalogue } = house.vault
  const sets = [shippedDocument, proposed].map((document) => compileVersion(catalogue, { number: 0, document }))
  const [before, after] = sets
  if (!before || !after) throw new Error('no policies')
  const org = await house.store.transaction(scope(bench), (tx) => createOrgCache(house.store, Date.now, new Map()).read(tx)) // prettier-ignore
  const past = await house.store.transaction(
    scope(bench),
    async (tx) =>
    house.journal.past(tx, house.tenant, { ...(await house.journal.period(tx, house.tenant, from, to)), from, to, limit: 100_000 }), // prettier-ignore
  )
  const rows = await house.store.transaction(scope(bench), (tx) =>
    tx.query<Row>({ text: 'select * from crm.account where tenant_id = $1', values: [house.tenant] }),
  )
  const replay = new Replay(before.set, after.set, org.zone)
  const all = questions(bench, org, past, rows, replay)
  const columns = recordColumns(catalogue, 'account')
  const ask = (one: Asked): Replayed =>
    one.resource
      ? replay.onRecord(one.seat, one.actions, one.resource, one.around, one.recorded)
      : replay.onType(one.seat, 'list', columns, one.around, one.recorded)
  const part = all.filter((one) => one.resource).filter((_, i) => i % 400 === 3).slice(0, asked) // prettier-ignore
  const official = officialEngine(org, [before.policies, after.policies], readSchema(accessSchema(catalogue)))
  for (const one of part) {
    const [was, is] = official(one)
    const { change } = ask(one)
    const theirs = was === is ? (was ? 'allowed' : 'denied') : was ? 'newlyDenied' : 'newlyAllowed'
    if (change !== theirs)
      throw new Error(`the two engines differ (${change}, ${theirs}), so their speed cannot be compared`)
  }
  const [each, grouped, peer] = [[], [], []] as [number[], number[], number[]]
  for (let round = -1; round < rounds; round++) {
    const alone = cpuSeconds(() => all.forEach(ask))
    const once = cpuSeconds(() => {
      const memo = new Map<string, Replayed>()
      for (const one of all) if (!memo.has(one.key)) memo.set(one.key, ask(one))
    })
    const theirs = cpuSeconds(() => part.forEach(official))
    if (round < 0) continue
    each.push(all.length / alone)
    grouped.push(all.length / once)
    peer.push(part.length / theirs)
  }
  const line = (metric: string, value: number, reference: number): Line => ({
    bench: 'dryrun',
    metric: `dryrun/${metric}`,
    value,
    unit: 'accesses/s',
    reference,
    ratio: value / reference,
  })
  return [
    line('decided_per_second_per_core', median(each), limit),
    line('decided_vs_cedar_wasm', median(each), median(peer)),
    line('grouped_per_second_per_core', median(grouped), limit),
  ]
}

const questions = (
  { house }: BenchHouse,
  org: Org,
  past: readonly PastEntry[],
  rows: readonly Row[],
  replay: Replay,
): readonly Asked[] => {
  const read = pastOf(house.vault.catalogue)
  const columns = recordColumns(house.vault.catalogue, 'account')
  const records = new Map(rows.map((row) => [row.id, rowEntity(columns, row)]))
  const seats = new Map([...org.users.keys()].map((id) => [id, { principal: userRef(id), entities: org.entities, grants: undefined }])) // prettier-ignore
  return past.flatMap(({ told }): readonly Asked[] => {
    const found = read(told)
    const seat = seats.get(told.actor)
    if (!found || found.on === 'system' || !seat) return []
    const around = { at: told.at, channel: 'web' as const, ip: told.ip, purpose: told.purpose }
    const actions = found.on === 'record' ? found.actions : [found.action]
    const resource = found.on === 'record' ? records.get(found.id) : undefined
    if (found.on === 'record' && !resource) return []
    const recorded = told.decision !== 'deny'
    const place = found.on === 'record' ? found.id : 'type'
    const key = `${told.actor}|${place}|${actions.join()}|${String(recorded)}|${replay.key(actions, 'Account', around)}`
    return [{ seat, actions, resource, around, recorded, key }]
  })
}

/** Every action of an access asked of both sets; entities are the slice that the request touches. */
const officialEngine = (
  org: Org,
  sets: readonly (readonly PolicyText[])[],
  actionStore: EntityStore,
): ((one: Asked) => readonly boolean[]) => {
  for (const [i, policies] of sets.entries()) {
    const staticPolicies = Object.fromEntries(policies.map(({ id, text }) => [id, text]))
    if (preparsePolicySet(`dry${String(i)}`, { staticPolicies }).type === 'failure') throw new Error('the policies do not parse') // prettier-ignore
  }
  const prepared = new Map<Asked, { entities: unknown; context: unknown }>()
  const ready = (one: Asked, resource: Entity): { entities: unknown; context: unknown } => {
    const known = prepared.get(one)
    if (known) return known
    const entities = org.entities.with(resource)
    const near = [one.seat.principal, resource.ref, ...resource.parents].flatMap((ref) => [ref, ...entities.ancestors(ref)]) // prettier-ignore
    const named = one.actions.map((id) => ({ type: 'Action', id }))
    const inGroups: readonly EntityUid[] = named.flatMap((uid): readonly EntityUid[] => [
      uid,
      ...actionStore.ancestors(uid),
    ])
    const groups = inGroups.flatMap((uid) => actionStore.get(uid) ?? [])
    const owner = resource.attr('owner')
    const more = owner instanceof Ref ? [entities.get(owner)] : []
    const slice = [...near.flatMap((ref) => entities.get(ref) ?? []), ...more.flatMap((one) => one ?? []), ...groups]
    const { at, channel, ip, purpose } = one.around
    const context = contextOf({ now: at, channel, ip, purpose, mfa: true, mfaAge: 0, deviceTrusted: true, zone: org.zone }) // prettier-ignore
    const made = { entities: Array.from(new EntityStore(slice).all(), entityToJson), context: toCedarJson(context) }
    prepared.set(one, made)
    return made
  }
  return (one) => {
    const { resource } = one
    if (!resource) return []
    const { entities, context } = ready(one, resource)
    return sets.map((_, i) =>
      // Not stopping at the first refusal: which action changes has to be told.
      one.actions
        .map((action) => {
          const answer = statefulIsAuthorized({
            principal: { type: 'User', id: one.seat.principal.id },
            action: { type: 'Action', id: action },
            resource: { type: resource.ref.type, id: resource.ref.id },
            context: context as Record<string, never>,
            preparsedPolicySetId: `dry${String(i)}`,
            entities: entities as never,
          })
          return answer.type === 'success' && answer.response.decision === 'allow'
        })
        .every(Boolean),
    )
  }
}

/** From the journal to the report, as an administrator starts it. */
const wholeJob = async (bench: BenchHouse, from: Date, to: Date): Promise<readonly Line[]> => {
  const { house, admin } = bench
  const { id, spec } = await house.dryRuns.prepare(admin, { document: proposed, from, to })
  const job = await house.jobs.start(dryRunKind, spec, admin.principal.id)
  const [start, cpu] = [performance.now(), process.threadCpuUsage()]
  const ended = await house.jobs.run(job.id)
  const { user, system } = process.threadCpuUsage(cpu)
  const seconds = (performance.now() - start) / 1000
  const { report } = await house.dryRuns.get(admin, id)
  if (ended.state !== 'done' || !report) throw new Error('the dry run did not end well')
  const line = (metric: string, value: number): Line => ({
    bench: 'dryrun',
    metric: `dryrun/${metric}`,
    value,
    unit: 'accesses/s',
    reference: limit,
    ratio: value / limit,
  })
  return [
    line('whole_job_per_second_per_core', report.accesses / ((user + system) / 1e6)),
    line('whole_job_per_second', report.accesses / seconds),
  ]
}
