// A million records in minutes: sealed, keyed and indexed by the vault's own functions, byte for byte what it would write, but put into
// the tables in bulk and without journal entries, which no list and no search reads. Every cell opens: none is shared by two rows.
import { setImmediate } from 'node:timers/promises'
import { newId, services, typeOf, type Uuid } from '#kernel'
import { newSubjectKey } from '#encryption'
import { openSearch } from '../../src/vault/generation.ts'
import { openKeyring, type SubjectKeys } from '../../src/vault/keyring.ts'
import { tokensOf } from '../../src/vault/lookup.ts'
import { columns, type Values } from '../../src/vault/row.ts'
import { sealRow } from '../../src/vault/rows.ts'
import type { House } from '#server'

/** Where a made-up record lies: whose it is, and with whom it is shared. */
export interface Placed {
  readonly owner: Uuid | null
  readonly team: Uuid | null
  readonly shared?: readonly Uuid[]
}

export interface Load {
  readonly type: string
  /** Numbers of the records: from and up to, the last not included. */
  readonly from: number
  readonly to: number
  readonly place: (i: number) => Placed
  readonly make: (i: number) => Values
  /** Without tokens nothing is found by search, and a list is the same. */
  readonly searchable: boolean
}

const batch = 5000

/** Writes records, one a second of the past. */
export const load = async (house: House, work: Load): Promise<void> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const type = typeOf(house.vault.catalogue, work.type)
  const { store, keys, tenant } = house
  const keyring = await openKeyring(store, keys, tenant, scope)
  const search = await openSearch({ store, keys, tenant, scope, catalogue: house.vault.catalogue }, keyring.epoch)
  const names = columns(type)
  const tables = [
    ['keyring.subject_key', 'tenant_id, subject_id, generation, epoch, suite, wrapped, commitment'],
    [`crm.${type.table}`, `tenant_id, ${names.map((name) => `"${name}"`).join(', ')}`],
    ['crm.search_index', 'tenant_id, record_id, generation, tokens'],
  ] as const
  const made = (i: number): readonly string[] => {
    const at = new Date(Date.UTC(2025, 0, 1) + i * 1000)
    const id = newId(at.getTime())
    const values = work.make(i)
    const { row: keyRow, key } = newSubjectKey(keyring.epoch, id, 1)
    const held: SubjectKeys = { newest: key, of: () => key, opens: () => true }
    const { owner, team, shared = [] } = work.place(i)
    const head = {
      id,
      version: 1,
      subject_id: id,
      owner_id: owner,
      team_id: team,
      shared_with: shared,
      created_by: services.system,
      created_at: at,
      updated_by: services.system,
      updated_at: at,
      deleted_at: null,
      import_key: null,
    }
    const row = sealRow(type, head, values, held)
    const { epoch, suite, wrapped, commitment } = keyRow
    const { active } = search
    return [
      [tenant, id, 1, epoch, suite, text(wrapped), text(commitment)].join('\t'),
      [tenant, ...names.map((name) => text(row[name]))].join('\t'),
      work.searchable ? [tenant, id, active.number, `{${tokensOf(type, id, values, active).join()}}`].join('\t') : '',
    ]
  }
  const write = (lines: readonly (readonly string[])[]): Promise<void> =>
    store.owner(async (tx) => {
      for (const [n, [table, list]] of tables.entries()) {
        if (n === 2 && !work.searchable) continue
        const bytes = Buffer.from(lines.map((line) => `${line[n] ?? ''}\n`).join(''))
        await tx.copyIn(`copy ${table} (${list}) from stdin`, once(bytes))
      }
    })
  const forced = (how: string): Promise<void> =>
    store.owner(async (tx) => {
      for (const [table] of tables) await tx.query({ text: `alter table ${table} ${how} row level security` })
    })
  await forced('no force')
  if (work.searchable) await store.owner((tx) => tx.query({ text: 'drop index crm.search_index_tokens' }))
  // The database writes one batch while the next is made.
  let writing = Promise.resolve()
  for (let from = work.from; from < work.to; from += batch) {
    const lines: (readonly string[])[] = []
    for (let i = from; i < Math.min(from + batch, work.to); i++) {
      lines.push(made(i))
      if (i % 100 === 0) await setImmediate()
    }
    await writing
    writing = write(lines)
    // Its failure is told where it is awaited.
    writing.catch(() => undefined)
  }
  await writing
  await forced('force')
  if (work.searchable)
    await store.owner(async (tx) => {
      // As migration 0003 makes it.
      await tx.query({ text: `set local maintenance_work_mem = '512MB'` })
      await tx.query({
        text: 'create index search_index_tokens on crm.search_index using gin (tokens) with (gin_pending_list_limit = 512)',
      })
    })

  await store.owner((tx) => tx.query({ text: 'analyze' }))
}

async function* once(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(bytes)
}

/** A value as COPY in text writes it; of texts only such as need no escape. */
const text = (value: unknown): string => {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `{${value.join()}}`
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '\\N'
}
