// The people of the house as identity needs them: found by e-mail or id, opened for the system alone. Keeps vault-9.
import { Fault, typeOf, type Uuid } from '#kernel'
import { standsFor } from '#access'
import type { Tx } from '#store'
import type { House } from './house.ts'
import { asks, createFinder } from './lookup.ts'
import { openAll } from './open.ts'
import { createParams, type Params } from './params.ts'
import { type Row, selectList, type Values } from './row.ts'
import { normalText } from './terms.ts'

export interface StaffUser {
  readonly id: Uuid
  readonly name: string
  readonly email: string
  readonly role: string
  readonly team: Uuid | null
  readonly active: boolean
  readonly language: 'zh' | 'en'
  readonly version: number
  /** What a provider of identity calls the user; empty: nothing. */
  readonly login: string
  readonly externalId: string
  readonly roles: readonly string[]
  readonly regions: readonly string[]
  readonly clearance?: number
  readonly dealLimit?: number
}

export interface Staff {
  findByEmail(email: string): Promise<StaffUser | null>
  get(id: Uuid): Promise<StaffUser | null>
  all(): Promise<readonly StaffUser[]>
  /** The names under which what is set for roles holds for this one. */
  standsFor(role: string): readonly string[]
}

/** Reads users under a service's scope; for identity and for names on screen, never for a request's own sake. */
export const createStaff = (house: House, principal: Uuid): Staff => {
  const scope = { tenant: house.tenant, principal }
  const read = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => house.store.transaction(scope, work, { readOnly: true })
  return {
    findByEmail: (email) => read(async (tx) => (await usersWithEmail(house, tx, email))[0] ?? null),
    get: (id) => read(async (tx) => (await userWithId(house, tx, id))[0] ?? null),
    standsFor: (role) => standsFor(house.rules.current.document, role),
    all: () => read((tx) => usersWhere(house, tx, 'true', createParams(house.tenant))),
  }
}

/** Throws already-exists where another user has the e-mail. */
export const emailTaken = async (house: House, tx: Tx, values: Values, id: Uuid): Promise<void> => {
  const email = values['email']
  if (typeof email !== 'string') return
  const others = await tx.asHouse(() => usersWithEmail(house, tx, email))
  if (others.some((user) => user.id !== id)) throw new Fault('already-exists', { what: 'user' })
}

const usersWithEmail = async (house: House, tx: Tx, email: string): Promise<readonly StaffUser[]> => {
  const type = typeOf(house.catalogue, 'user')
  const field = type.fields.find((one) => one.name === 'email')
  if (!field) return []
  const params = createParams(house.tenant)
  // Users are few, so one who searches in memory looks at all of them.
  const condition =
    house.search.active.policy.storage === 'memory'
      ? 'true'
      : await createFinder(house, tx, type).condition([asks.exact(field, [email])], params)
  const found = await usersWhere(house, tx, condition, params)
  return found.filter((user) => normalText(user.email) === normalText(email))
}

const userWithId = (house: House, tx: Tx, id: Uuid): Promise<readonly StaffUser[]> => {
  const params = createParams(house.tenant)
  return usersWhere(house, tx, `r.id = ${params.add(id)}::uuid`, params)
}

const usersWhere = async (house: House, tx: Tx, condition: string, params: Params): Promise<readonly StaffUser[]> => {
  const type = typeOf(house.catalogue, 'user')
  const rows = await tx.query<Row>({
    text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.deleted_at is null and (${condition})`,
    values: params.values,
  })
  const keys = await house.keyring.open(tx, rows)
  return rows.map((row) => {
    const values = openAll(type, row, keys.get(row.subject_id))
    const several = (name: string): readonly string[] => {
      const value = values[name]
      return typeof value === 'object' && value !== null ? value : []
    }
    const [clearance, dealLimit] = [values['clearance'], values['dealLimit']]
    const text = (name: string): string => (typeof values[name] === 'string' ? values[name] : '')
    return {
      id: row.id,
      name: text('name'),
      email: text('email'),
      role: text('role'),
      team: row.team_id,
      active: values['active'] === true,
      language: text('language') === 'en' ? 'en' : 'zh',
      version: row.version,
      login: text('login'),
      externalId: text('externalId'),
      roles: several('furtherRoles'),
      regions: several('regions'),
      ...(typeof clearance === 'number' ? { clearance } : {}),
      ...(typeof dealLimit === 'number' ? { dealLimit } : {}),
    }
  })
}
