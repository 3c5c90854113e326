// What still needs a key, asked of the database itself: the headers of everything sealed. Nothing is destroyed while one answer is not zero. Keeps vault-74, vault-75.
import { type Catalogue, cellColumn, sealedGroups, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { epochOfSecret, type SecretPlace } from './rotate-epoch.ts'

/** Tables and how many of their rows need the key. */
export type Needs = Readonly<Record<string, number>>

export const needless = (needs: Needs): boolean => Object.values(needs).every((count) => count === 0)

/** What only a tenant epoch opens: keys of subjects, what forms sent, small secrets. */
export const needsOfEpoch = async (
  tx: Tx,
  tenant: Uuid,
  epoch: number,
  secrets: readonly SecretPlace[],
): Promise<Needs> => {
  const asked: readonly (readonly [string, string])[] = [
    ['keyring.subject_key', 'epoch = $2'],
    ['crm.capture', 'epoch = $2'],
    ...secrets.map(({ table, column }) => [table, `${column} is not null and ${epochOfSecret(column)} = $2`] as const),
  ]
  const needs: Record<string, number> = {}
  for (const [table, condition] of asked) {
    const [row] = await tx.query<{ n: number }>({
      text: `select count(*)::int as n from ${table} where tenant_id = $1 and ${condition}`,
      values: [tenant, epoch],
    })
    // A table may keep several secrets: what one column needs no more another may need.
    needs[table] = (needs[table] ?? 0) + (row?.n ?? 0)
  }
  return needs
}

export interface OldGeneration {
  readonly subject: Uuid
  readonly generation: number
}

/** How many things of these generations there are: cells of records, files, and in the journal images of earlier versions. */
export const needsOfGenerations = async (
  tx: Tx,
  catalogue: Catalogue,
  tenant: Uuid,
  generations: readonly OldGeneration[],
): Promise<ReadonlyMap<string, { readonly live: number; readonly journal: number }>> => {
  const counts = {
    text: `with g as (select * from unnest($2::uuid[], $3::int[]) as g (subject, generation))
      select g.subject, g.generation,
        (${liveOf(catalogue).join(' + ')})::int as live,
        (${imagesOf(catalogue).join(' + ')})::int as journal
      from g`,
    values: [tenant, generations.map((one) => one.subject), generations.map((one) => one.generation)],
  }
  // Whoever asks: a record hidden from the person would be a key destroyed that is needed.
  const rows = await tx.asHouse(() =>
    tx.query<{ subject: Uuid; generation: number; live: number; journal: number }>(counts),
  )
  return new Map(
    rows.map(({ subject, generation, live, journal }) => [named({ subject, generation }), { live, journal }]),
  )
}

export const named = ({ subject, generation }: OldGeneration): string => `${subject}/${String(generation)}`

// Bytes 5 to 8 of a cell, and of the header of a file, are its generation: docs/formats/cell.md, attachment.md.
const generationIn = (bytes: string): string =>
  `(get_byte(${bytes}, 5)::bigint * 16777216 + get_byte(${bytes}, 6) * 65536 + get_byte(${bytes}, 7) * 256 + get_byte(${bytes}, 8))`

const liveOf = (catalogue: Catalogue): readonly string[] => [
  ...catalogue.types.flatMap((type) =>
    sealedGroups(type).map(
      (group) => `(select count(*) from crm."${type.table}" r where r.tenant_id = $1 and r.subject_id = g.subject
        and r."${cellColumn(group)}" is not null and ${generationIn(`r."${cellColumn(group)}"`)} = g.generation)`,
    ),
  ),
  ...['header', 'cell_file'].map(
    (column) => `(select count(*) from crm.attachment a where a.tenant_id = $1 and a.subject_id = g.subject
      and a.deleted_at is null and a.${column} is not null and ${generationIn(`a.${column}`)} = g.generation)`,
  ),
]

// An image is JSON with its cells in base64: twelve letters are the nine bytes of a header.
const imagesOf = (catalogue: Catalogue): readonly string[] =>
  catalogue.types
    .filter((type) => sealedGroups(type).length > 0)
    .map(
      (type) => `(select count(*) from crm."${type.table}" r
        join journal.entry e on e.tenant_id = $1 and e.obj = '${type.name}' and e.record_id = r.id and e.image is not null,
        jsonb_each_text(convert_from(e.image, 'UTF8')::jsonb -> 'cells') c
        where r.tenant_id = $1 and r.subject_id = g.subject and ${generationIn("decode(left(c.value, 12), 'base64')")} = g.generation)`,
    )
