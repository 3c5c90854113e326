// Which key signs: the one of the suite that the tenant's profile names, asked of the database each time, so that a change of profile
// counts at once in every process. Keys of earlier profiles stay, for what they signed. Keeps vault-109.
import { Fault, services, type Uuid } from '#kernel'
import { type EnvelopeSuiteId, type Keys, signatureSuiteOf, type Signer, type SuiteId } from '#encryption'
import type { Store, Tx } from '#store'

export interface Signers {
  /** The signer of that name under the profile in force; made on first use. */
  current(name: string): Promise<Signer>
  /** Every signer of that name that was ever made. */
  all(name: string): Promise<readonly Signer[]>
}

export const createSigners = (store: Store, keys: Keys, tenant: Uuid): Signers => ({
  current: (name) =>
    store.transaction({ tenant, principal: services.system }, (tx) => currentSigner(tx, keys, tenant, name), {
      readOnly: true,
    }),
  all: (name) => keys.signers(name),
})

/** The same inside a transaction that is open. */
export const currentSigner = async (tx: Tx, keys: Keys, tenant: Uuid, name: string): Promise<Signer> => {
  const [epoch] = await tx.query<{ suite: SuiteId; capture_suite: EnvelopeSuiteId }>({
    name: 'signers-epoch',
    text: `select suite, capture_suite from keyring.epoch where tenant_id = $1 and state = 'active'`,
    values: [tenant],
  })
  // Nothing is signed before it is known by what.
  if (!epoch) throw new Fault('not-set-up')
  return keys.signer(name, signatureSuiteOf(epoch.suite, epoch.capture_suite))
}
