// Content digests: one number per record type over its opened content, independent of order, equal wherever the content is equal. Keeps vault-10.
import { canonical, type RecordType, typeOf, type Uuid, utf8 } from '#kernel'
import { sha256 } from '#encryption'
import type { House } from './house.ts'
import { openAll } from './open.ts'
import { type Row, selectList } from './row.ts'

/** Rows and digest per type: the sum modulo 2^256 of SHA-256 over each record's canonical content, deleted ones included. */
export const contentDigests = async (
  house: House,
  principal: Uuid,
): Promise<Readonly<Record<string, { readonly rows: number; readonly digest: string }>>> => {
  const out: Record<string, { rows: number; digest: string }> = {}
  for (const { name } of house.catalogue.types)
    out[name] = await typeDigest(house, typeOf(house.catalogue, name), principal)
  return out
}

const modulus = 1n << 256n

const typeDigest = (house: House, type: RecordType, principal: Uuid): Promise<{ rows: number; digest: string }> =>
  house.store.transaction(
    { tenant: house.tenant, principal, house: true },
    async (tx) => {
      let rows = 0
      let sum = 0n
      let after = '00000000-0000-0000-0000-000000000000'
      for (;;) {
        const found = await tx.query<Row>({
          text: `select ${selectList(type, 'r')} from crm."${type.table}" r where r.tenant_id = $1 and r.id > $2::uuid order by r.id limit 1000`,
          values: [house.tenant, after],
        })
        const keys = await house.keyring.open(tx, found)
        for (const row of found) {
          sum = (sum + rowDigest(type, row, openAll(type, row, keys.get(row.subject_id)))) % modulus
          rows++
          after = row.id
        }
        if (found.length < 1000) return { rows, digest: sum.toString(16).padStart(64, '0') }
      }
    },
    { readOnly: true, isolation: 'repeatable read' },
  )

const rowDigest = (type: RecordType, row: Row, values: Readonly<Record<string, unknown>>): bigint => {
  const content = canonical({
    type: type.name,
    id: row.id,
    owner: row.owner_id,
    team: row.team_id,
    shared: [...row.shared_with],
    createdAt: row.created_at.toISOString(),
    deletedAt: row.deleted_at?.toISOString() ?? null,
    values,
  })
  return BigInt(`0x${Buffer.from(sha256(utf8(content))).toString('hex')}`)
}
