// A million contacts in minutes: sealed, keyed and indexed by the vault's own functions, byte for byte what it would write, but put into
// the tables in bulk and without journal entries, which no search reads.
import { createReadStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newId, services, typeOf, type Uuid } from '#kernel'
import { newSubjectKey } from '#encryption'
import { openSearch } from '../../src/vault/generation.ts'
import { openKeyring, type SubjectKeys } from '../../src/vault/keyring.ts'
import { tokensOf } from '../../src/vault/lookup.ts'
import { columns, type Values } from '../../src/vault/row.ts'
import { sealRow } from '../../src/vault/rows.ts'
import type { House } from '#server'

/** Writes `count` contacts spread over the owners; make(i) gives the values. */
export const loadContacts = async (
  house: House,
  owners: readonly { readonly id: Uuid; readonly team: Uuid | null }[],
  count: number,
  make: (i: number) => Values,
): Promise<void> => {
  const scope = { tenant: house.tenant, principal: services.system }
  const type = typeOf(house.vault.catalogue, 'contact')
  const { store, keys, tenant } = house
  const keyring = await openKeyring(store, keys, tenant, scope)
  const search = await openSearch({ store, keys, tenant, scope, catalogue: house.vault.catalogue }, keyring.epoch)
  const names = columns(type)
  const files = ['contact', 'key', 'token'].map((name) => join(tmpdir(), `hf-bench-${name}-${String(process.pid)}`))
  const outs = await Promise.all(files.map((file) => open(file, 'w')))
  try {
    let lines: [string[], string[], string[]] = [[], [], []]
    for (let i = 0; i < count; i++) {
      const at = new Date(Date.UTC(2025, 0, 1) + i * 1000)
      const id = newId(at.getTime())
      const values = make(i)
      const { row: keyRow, key } = newSubjectKey(keyring.epoch, id, 1)
      const held: SubjectKeys = { newest: key, of: () => key, opens: () => true }
      const owner = owners[i % owners.length]
      const head = {
        id,
        version: 1,
        subject_id: id,
        owner_id: owner?.id ?? null,
        team_id: owner?.team ?? null,
        shared_with: [],
        created_by: services.system,
        created_at: at,
        updated_by: services.system,
        updated_at: at,
        deleted_at: null,
        import_key: null,
      }
      const row = sealRow(type, head, values, held)
      lines[0].push([tenant, ...names.map((name) => text(row[name]))].join('\t'))
      const { epoch, suite, wrapped, commitment } = keyRow
      lines[1].push([tenant, id, 1, epoch, suite, text(wrapped), text(commitment)].join('\t'))
      const { active } = search
      lines[2].push([tenant, id, active.number, `{${tokensOf(type, id, values, active).join()}}`].join('\t'))
      if (lines[0].length === 2000 || i === count - 1) {
        await Promise.all(outs.map((out, n) => out.write(`${(lines[n] ?? []).join('\n')}\n`)))
        lines = [[], [], []]
      }
    }
    await Promise.all(outs.map((out) => out.close()))
    await store.owner(async (tx) => {
      await tx.query({ text: 'drop index crm.search_index_tokens' })
      const [contact, key, token] = files
      for (const [table, list, file] of [
        ['keyring.subject_key', 'tenant_id, subject_id, generation, epoch, suite, wrapped, commitment', key],
        ['crm.contact', `tenant_id, ${names.map((name) => `"${name}"`).join(', ')}`, contact],
        ['crm.search_index', 'tenant_id, record_id, generation, tokens', token],
      ] as const) {
        await tx.query({ text: `alter table ${table} no force row level security` })
        await tx.query({ text: 'set constraints all immediate' })
        await tx.copyIn(`copy ${table} (${list}) from stdin`, createReadStream(file ?? ''))
        await tx.query({ text: `alter table ${table} force row level security` })
      }
      // As migration 0003 makes it.
      await tx.query({ text: `set local maintenance_work_mem = '512MB'` })
      await tx.query({
        text: 'create index search_index_tokens on crm.search_index using gin (tokens) with (gin_pending_list_limit = 512)',
      })
    })
    await store.owner((tx) => tx.query({ text: 'analyze' }))
  } finally {
    await Promise.all(files.map((file) => rm(file, { force: true })))
  }
}

/** A value as COPY in text writes it; of texts only such as need no escape. */
const text = (value: unknown): string => {
  if (value === null || value === undefined) return '\\N'
  if (value instanceof Uint8Array) return `\\\\x${Buffer.from(value).toString('hex')}`
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return `{${value.join()}}`
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? String(value) : '\\N'
}
