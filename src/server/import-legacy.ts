// Columns that an old system sealed, on their way into an import: what page or verb asks for becomes a decoder and, at the end, what is
// told of it. Keeps server-81.
import { type ImportOptions, openSource } from '#crm'
import {
  hmacSha256,
  type LegacyDecoder,
  openLegacyDecoder,
  parseLegacySpec,
  pastBirthday,
  type LegacySpec,
} from '#encryption'
import { type Actor, Fault, hex, houseScopeOf, typeOf, type Uuid } from '#kernel'
import type { LegacyColumns, LegacyRead } from './contract/imports.ts'
import type { House } from './house.ts'

/** Sealed columns as the customer describes them, and the old key: held for this run alone. */
export interface LegacyOrder {
  readonly spec: unknown
  /** Whether the specification names columns by heading or by place. */
  readonly columnsBy: 'heading' | 'place'
  readonly key: Uint8Array
}

export interface Legacy {
  readonly decoder: LegacyDecoder
  /** What was read so far. */
  told(): LegacyRead
}

/** Starts the decoder of a file; the caller closes it. Throws legacy-key-length, bad-input where key, description and file do not fit. */
export const openLegacy = async (
  house: House,
  options: ImportOptions,
  { spec: wish, columnsBy, key }: LegacyOrder,
): Promise<Legacy> => {
  const { header } = openSource(house.vault.catalogue, options.bytes, options, 'refuse')
  const spec = parseLegacySpec(wish, header, columnsBy)
  // A plain hash of a DES key would be a way to search for it: 2^56 tries.
  const keyFingerprint = hex(hmacSha256(await house.keys.secret('legacy-key'), key).subarray(0, 10))
  const decoder = await openLegacyDecoder(spec, key)
  return { decoder, told: () => ({ ciphers: ciphersOf(spec), keyFingerprint, ...countOf(spec, decoder) }) }
}

/** The order as a page writes it. Throws legacy-key-written where the key is not in the encoding it names. */
export const orderOf = ({ key, keyEncoding, derive, columns }: LegacyColumns): LegacyOrder => ({
  key: bytesOf(key, keyEncoding),
  columnsBy: 'place',
  spec: {
    derive,
    columns: Object.fromEntries(
      Object.entries(columns).map(([index, { iv, ivHex, ivColumn, ...column }]) => [
        index,
        { ...column, iv: iv === 'hex' ? { hex: ivHex ?? '' } : iv === 'column' ? { column: ivColumn ?? -1 } : iv },
      ]),
    ),
  },
})

/** The subjects of records that were just stored: an old copy of their data lies under a cipher that protects no longer. */
export const markWeak = (house: House, actor: Actor, run: Uuid, type: string, ids: readonly Uuid[]): Promise<void> =>
  house.store.transaction(houseScopeOf(actor), async (tx) => {
    await tx.query({
      text: `insert into ops.formerly_weak (tenant_id, subject_id, run_id)
             select distinct tenant_id, subject_id, $2::uuid from crm."${typeOf(house.vault.catalogue, type).table}"
             where tenant_id = $1 and id = any($3::uuid[]) on conflict do nothing`,
      values: [house.tenant, run, ids],
    })
  })

const ciphersOf = (spec: LegacySpec): readonly string[] =>
  [...new Set(spec.columns.map(({ cipher, mode }) => `${cipher}-${mode}`))].sort()

const countOf = (spec: LegacySpec, decoder: LegacyDecoder): Pick<LegacyRead, 'blocks' | 'pastBirthday'> => {
  const blocks = decoder.blocks()
  return { blocks, pastBirthday: pastBirthday(spec, blocks) }
}

const bytesOf = (key: string, encoding: LegacyColumns['keyEncoding']): Uint8Array => {
  if (encoding === 'text') return new TextEncoder().encode(key)
  const shape = encoding === 'hex' ? /^([0-9a-f]{2})+$/i : /^[A-Za-z0-9+/]+={0,2}$/
  if (!shape.test(key)) throw new Fault('legacy-key-written', { encoding })
  return new Uint8Array(Buffer.from(key, encoding))
}
