// The leak matrix: every path that gives something of a record × what is hidden, masked or read-only × every role. The policies say what
// each person may see of each record; canary values tell what they saw, in bodies, headers, errors, files and journal answers alike.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { accessSchema, compilePolicies, contextOf, organisation, recordColumns, rowEntity, userRef } from '#access'
import { catalogue } from '#crm'
import type { Field, FieldGroup, RecordType } from '#kernel'
import { type Canary, canariesIn, canaryKey, canaryValue, required } from '../../test/support/canary.ts'
import { paths, recordPath, verbPaths } from '../../test/support/record-paths.ts'
import { type Answer, type Client, openTestServer, testPassword, type TestServer } from '../../test/support/server.ts'
import { routes } from './routes.ts'

test('[server-140] every route and every verb says which records come out of it, or why none do', () => {
  const lines = routes.map(({ method, path }) => {
    const found = recordPath(method, path)
    assert.ok(found, `${method} ${path}: say in test/support/record-paths.ts what of a record comes out of it`)
    return `${method} ${path}: ${'path' in found ? found.path : `none, ${found.none}`}`
  })
  const golden = readFileSync(new URL('../../test/golden/record-paths.txt', import.meta.url), 'utf8')
  assert.equal(`${lines.toSorted().join('\n')}\n`, golden)
  const used = new Set(lines.map((line) => line.slice(line.lastIndexOf(': ') + 2)))
  for (const path of paths) assert.ok(used.has(path), path)
  const verbs = readFileSync(new URL('../cli/main.ts', import.meta.url), 'utf8').matchAll(/^ {4}'?([\w-]+)'?: \{/gm)
  assert.deepEqual(Array.from(verbs, ([, verb = '']) => verb).toSorted(), Object.keys(verbPaths).toSorted())
  // Nothing is let through for where it lies.
  for (const path of ['/api/keys/new', '/api/me/new', '/api/customers/:id/new'])
    assert.equal(recordPath('GET', path), undefined)
})

const customers = catalogue.types.filter((type) => type.entity !== 'User' && type.entity !== 'Team')
const roles = (catalogue.types.find(({ name }) => name === 'user')?.fields ?? []).flatMap((field) =>
  field.name === 'role' ? (field.options ?? []).map(({ value }) => value) : [],
)

interface Planted {
  readonly id: string
  readonly type: RecordType
  readonly row: Readonly<Record<string, unknown>>
  readonly values: Readonly<Record<string, unknown>>
}

type Sight = 'hidden' | 'masked' | 'plain'

interface Person {
  readonly role: string
  readonly id: string
  readonly client: Client
  readonly planted: readonly Planted[]
}

test('[server-140] no path shows, finds, orders by or changes what the policies hide, mask or keep', async () => {
  const server = await openTestServer()
  try {
    const world = await plant(server)
    const sights = { hidden: 0, masked: 0, plain: 0, 'read-only': 0 }
    const leaks: string[] = []
    let explained = 0
    for (const person of world.people) {
      const seen = sightsOf(server, world, person)
      // What the last journal answers and lists show is of everybody: every record counts, not only one's own.
      const check = (where: string, answer: Answer, purpose = ''): void => {
        const text = `${answer.text}\n${JSON.stringify(answer.headers)}`
        for (const key of canariesIn(text)) {
          const canary = world.canaries.get(key)
          if (!canary) continue
          const sight = seen.of(canary, purpose)
          if (sight !== 'plain') leaks.push(`${person.role} ${where}: ${canary.type}.${canary.field} is ${sight}`)
        }
      }
      const get = async (path: string): Promise<Answer> => {
        const answer = await person.client.ask('GET', path)
        check(`GET ${path.replaceAll(/[0-9a-f-]{36}/g, ':id').slice(0, 60)}`, answer)
        assert.ok(answer.status < 500, `${person.role} ${path}: ${answer.text}`)
        return answer
      }
      const post = async (path: string, body: unknown, purpose = '', method = 'POST'): Promise<Answer> => {
        const answer = await person.client.ask(method, path, { body })
        check(`${method} ${path.replaceAll(/[0-9a-f-]{36}/g, ':id')}`, answer, purpose)
        assert.ok(answer.status < 500, `${person.role} ${method} ${path}: ${answer.text}`)
        return answer
      }
      for (const { method, path } of routes) {
        // Whatever can be read without naming a record.
        if (method === 'GET' && !path.includes(':')) await get(path)
      }
      await get('/api/journal?limit=100')
      for (const type of customers) {
        const at = `/api/${type.plural}`
        await get(`${at}?limit=200`)
        await post(`${at}/export`, { purpose: 'leak test' }, 'leak test')
        for (const group of new Set(type.fields.map((field) => field.group))) {
          const [field] = type.fields.filter((one) => one.group === group)
          if (field) await get(`${at}?limit=200&sort=${field.name}`)
        }
      }
      // Each kind of sight of each group is tried once a person: what differs between two such records is not the path.
      const tried = new Set<string>()
      const first = (...kind: readonly string[]): boolean => tried.size < tried.add(kind.join(' ')).size
      for (const one of person.planted) {
        const { type, id } = one
        const at = `/api/${type.plural}`
        await get(`${at}/${id}`)
        await get(`${at}/${id}/history`)
        const before = await versionOf(server, one)
        for (const group of new Set(type.fields.map((field) => field.group))) {
          const field = named(one, group)
          if (!field) continue
          const sight = seen.of({ record: id, type: type.name, field: field.name }, '')
          sights[sight]++
          // Who sees it, and why not, holds no value, whoever asks: it must show nothing to those who see nothing.
          if (first('explain', type.name, group, sight)) {
            const asked = `type=${type.name}&id=${id}`
            const answers = [
              await get(`/api/access/who?${asked}&group=${group}`),
              await get(`/api/access/why?${asked}&person=${person.id}&action=unmask.${group}`),
            ]
            for (const { status, text } of answers) {
              assert.ok([200, 403].includes(status), text)
              const told = canariesIn(text).filter((key) => world.canaries.has(key))
              if (told.length > 0) leaks.push(`${person.role} is told ${type.name}.${field.name} in an explanation`)
              explained += status === 200 ? 1 : 0
            }
          }
          if (first('see', type.name, group, sight)) {
            await post(`${at}/${id}/unmask`, { group, reason: 'leak test' }, 'leak test')
            await get(`${at}/${id}/attachments`)
            await probe(get, person, seen, one, field, leaks)
          }
          // Read-only: no path changes a group that may not be edited.
          if (seen.may(`edit.${group}`, id)) continue
          sights['read-only']++
          if (!first('edit', type.name, group, sight)) continue
          const values = { [field.name]: canaryValue(field, 8999) }
          const answer = await post(`${at}/${id}`, { version: before, values }, '', 'PATCH')
          if (answer.status < 400) leaks.push(`${person.role} PATCH ${type.name}.${field.name} is read-only`)
        }
        assert.equal(await versionOf(server, one), before, `${person.role} changed ${type.name}`)
      }
    }
    assert.deepEqual([...new Set(leaks)], [])
    assert.ok(explained > 20, String(explained))
    for (const [sight, times] of Object.entries(sights)) assert.ok(times > 20, JSON.stringify({ sight, times, sights }))
  } finally {
    await server.close()
  }
})

const versionOf = async (server: TestServer, { id, type }: Planted): Promise<number> => {
  const [row] = await server.house.store.owner((tx) =>
    tx.query<{ version: number }>({ text: `select version from crm."${type.table}" where id = $1`, values: [id] }),
  )
  return row?.version ?? -1
}

/** A field of a group with a canary in it, a sealed one if there is one. */
const named = ({ type, values }: Planted, group: FieldGroup): Field | undefined => {
  const fields = type.fields.filter(
    (field) => field.group === group && values[field.name] !== undefined && !field.options,
  )
  return fields.find((field) => field.storage === 'sealed') ?? fields[0]
}

/** Filtering, counting and searching by a value that one may not see, and could not unmask with a reason, finds nothing or is refused. */
const probe = async (
  get: (path: string) => Promise<Answer>,
  person: Person,
  seen: Sights,
  { id, type, values }: Planted,
  field: Field,
  leaks: string[],
): Promise<void> => {
  const value = values[field.name]
  const canary = { record: id, type: type.name, field: field.name }
  // Who could unmask it with a reason finds the record by it, as by a search: the reason is the search (vault/gate.ts).
  if (seen.of(canary, 'search') === 'plain') return
  const filter = encodeURIComponent(JSON.stringify([{ field: field.name, op: 'eq', value }]))
  const found = await get(`/api/${type.plural}?filter=${filter}`)
  const count = await get(`/api/${type.plural}/count?filter=${filter}`)
  if (found.text.includes(id)) leaks.push(`${person.role} filters ${type.name}.${field.name}`)
  if (count.status === 200 && (count.json() as { count: number }).count > 0)
    leaks.push(`${person.role} counts ${type.name}.${field.name}`)
  if (typeof value !== 'string') return
  const searched = await get(`/api/${type.plural}?q=${encodeURIComponent(value)}`)
  const everywhere = await get(`/api/search?q=${encodeURIComponent(value)}`)
  if (searched.text.includes(id) || everywhere.text.includes(id))
    leaks.push(`${person.role} finds ${type.name}.${field.name}`)
}

interface World {
  readonly people: readonly Person[]
  readonly staff: Parameters<typeof organisation>[0]
  readonly teams: Parameters<typeof organisation>[1]
  readonly records: ReadonlyMap<string, Planted>
  readonly canaries: ReadonlyMap<string, Canary>
}

/** One person of each role; of each type a record of one's own, one shared, and for all one of the team below, of another team, of the pool. */
const plant = async (server: TestServer): Promise<World> => {
  const { vault, system } = server.house
  const team = async (name: string, parent: string | null): Promise<string> =>
    (await vault.create(system, 'team', { values: { name, ...(parent === null ? {} : { parent }) } })).id
  const [head, elsewhere] = [await team('Head', null), await team('Elsewhere', null)]
  const below = await team('Below', head)
  const staff: { id: string; role: string; team: string; active: boolean }[] = []
  const person = async (name: string, role: string, unit: string): Promise<string> => {
    const email = `${name}@example.org`
    const { id } = await vault.create(system, 'user', { values: { name, email, role, unit, active: true, language: 'en' } }) // prettier-ignore
    await server.house.identity.setPassword(id, testPassword, { actor: system })
    staff.push({ id, role, team: unit, active: true })
    return id
  }
  const mate = await person('mate', 'sales', below)
  const stranger = await person('stranger', 'sales', elsewhere)
  const canaries = new Map<string, Canary>()
  const records = new Map<string, Planted>()
  const people: Person[] = []
  let n = 0
  const record = async (type: RecordType, ownerId: string | null, sharedWith?: string): Promise<Planted> => {
    const values: Record<string, unknown> = { ...required(type) }
    for (const field of type.fields) {
      const value = canaryValue(field, n)
      if (value === undefined) continue
      values[field.name] = value
      n++
    }
    const { id } = await vault.create(system, type.name, { values: values as never, ownerId })
    if (sharedWith !== undefined) await vault.share(system, type.name, id, [sharedWith])
    const [row = {}] = await server.house.store.owner((tx) =>
      tx.query<Record<string, unknown>>({ text: `select * from crm."${type.table}" where id = $1`, values: [id] }),
    )
    for (const [field, value] of Object.entries(values)) {
      const key = canaryKey(value)
      if (key !== '') canaries.set(key, { record: id, type: type.name, field })
    }
    const one = { id, type, row, values }
    records.set(id, one)
    return one
  }
  const common: Planted[] = []
  for (const type of customers) {
    common.push(await record(type, mate), await record(type, stranger))
    if (type.pool) common.push(await record(type, null))
  }
  for (const [i, role] of roles.entries()) {
    const id = await person(`person${String(i)}`, role, head)
    const planted = [...common]
    for (const type of customers) planted.push(await record(type, id), await record(type, stranger, id))
    people.push({ role, id, client: await server.signIn(`person${String(i)}@example.org`, testPassword), planted })
  }
  assert.ok(n < 9000 && canaries.size > n * 0.9, `${String(canaries.size)} of ${String(n)}`)
  const teams = [
    { id: head, parent: null },
    { id: below, parent: head },
    { id: elsewhere, parent: null },
  ]
  return { people, staff, teams, records, canaries }
}

interface Sights {
  of(canary: Canary, purpose: string): Sight
  may(action: string, record: string): boolean
}

/** What the policies say, asked of them directly: nothing of the vault stands in between. */
const sightsOf = (server: TestServer, world: World, person: Person): Sights => {
  const policies = compilePolicies(accessSchema(catalogue), server.house.policies)
  const org = organisation(world.staff, world.teams)
  const known = new Map<string, boolean>()
  const may = (action: string, id: string, purpose = ''): boolean => {
    const key = `${action} ${id} ${purpose}`
    const before = known.get(key)
    if (before !== undefined) return before
    const one = world.records.get(id)
    if (!one) throw new RangeError('no such record')
    const record = rowEntity(recordColumns(catalogue, one.type.name), one.row)
    const allowed = policies.allows({
      principal: userRef(person.id),
      action,
      resource: record.ref,
      context: contextOf({ now: new Date(), channel: 'web', ip: '127.0.0.1', mfa: false, purpose }),
      entities: org.with(record),
    })
    known.set(key, allowed)
    return allowed
  }
  return {
    may,
    of: ({ record, type, field: name }, purpose) => {
      const field = customers.find((one) => one.name === type)?.fields.find((one) => one.name === name)
      if (!field) throw new RangeError(name)
      if (!may('list', record, purpose) && !may(`view.${field.group}`, record, purpose)) return 'hidden'
      if (!may(`view.${field.group}`, record, purpose)) return 'hidden'
      return field.storage === 'plain' || may(`unmask.${field.group}`, record, purpose) ? 'plain' : 'masked'
    },
  }
}
