// The copies of named keys that lie with the data: put back where the key directory lost them, kept equal to it otherwise. Keeps vault-40.
import { type Uuid } from '#kernel'
import { type Keys, type NamedKey, type SignatureSuite, wrappedBy } from '#encryption'
import type { Store, Tx } from '#store'

type Scope = { readonly tenant: Uuid; readonly principal: Uuid }

interface Stored {
  readonly kind: NamedKey['kind']
  readonly name: string
  readonly suite: SignatureSuite | null
  readonly public_key: Uint8Array | null
  readonly sealed: Uint8Array
}

/**
 * Puts back what the directory lacks, before anything asks for a named key: asked first, a lost one would be made anew. Returns what
 * came back, as kind-name. Throws keystore-foreign where the copies belong to a root key that is not here.
 */
export const bringBackNamedKeys = async (store: Store, keys: Keys, scope: Scope): Promise<readonly string[]> =>
  keys.named.putBack(await store.transaction(scope, (tx) => readCopies(tx, scope.tenant)))

/** Brings the copies up to what lies in the directory. */
export const keepNamedKeys = async (store: Store, keys: Keys, scope: Scope): Promise<void> => {
  const named = await keys.named.list()
  await store.transaction(scope, async (tx) => {
    for (const { kind, name, suite, publicKey, sealed } of named)
      await tx.query({
        text: `insert into keyring.named_key as k (tenant_id, kind, name, suite, public_key, sealed) values ($1, $2, $3, $4, $5, $6)
               on conflict (tenant_id, kind, name) do update set suite = excluded.suite, public_key = excluded.public_key, sealed = excluded.sealed,
                 updated_at = now() where k.sealed <> excluded.sealed`,
        values: [scope.tenant, kind, name, suite, publicKey && Buffer.from(publicKey), Buffer.from(sealed)],
      })
  })
}

/** Copies that a root key other than this one sealed. */
export const copiesUnderOthers = async (tx: Tx, tenant: Uuid, fingerprint: string): Promise<number> =>
  (await readCopies(tx, tenant)).filter(({ sealed }) => wrappedBy(sealed) !== fingerprint).length

const readCopies = async (tx: Tx, tenant: Uuid): Promise<readonly NamedKey[]> => {
  const rows = await tx.query<Stored>({
    text: 'select kind, name, suite, public_key, sealed from keyring.named_key where tenant_id = $1 order by kind, name',
    values: [tenant],
  })
  return rows.map(({ kind, name, suite, public_key: publicKey, sealed }) => ({
    kind,
    name,
    // Copies made before suites were told are of Ed25519.
    suite: suite ?? (kind === 'signer' ? 'Ed25519' : null),
    publicKey,
    sealed,
  }))
}
