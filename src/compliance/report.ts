// The report of a review as JSON: everything found, and where the journal vouches for it. Keeps compliance-9.
import { base64url, services, type Uuid } from '#kernel'
import { type Journal, verifierKeyLine } from '#journal'
import type { Store } from '#store'
import { controlsVersion } from './catalogue.ts'
import type { ReviewResult } from './review.ts'

/** A report that an outsider can check: the entry of the run, its path to the root, and the signed checkpoint over that root. */
export interface Report {
  readonly format: 'holdfast-review'
  readonly version: 1
  readonly organisation: string
  readonly controlsVersion: string
  readonly review: ReviewResult
  readonly journal: {
    /** C2SP verifier key of the log. Compare it with what you know: a key inside a report proves nothing by itself. */
    readonly key: string
    readonly checkpoint: string | null
    readonly inclusion: {
      readonly index: string
      readonly size: string
      /** base64url of the stored bytes of the entry, which hold the digest of the evidence. */
      readonly body: string
      readonly leaf: string
      readonly hashes: readonly string[]
    } | null
  }
}

export const reportOf = async (
  { store, journal, tenant }: { readonly store: Store; readonly journal: Journal; readonly tenant: Uuid },
  review: ReviewResult,
  organisation: string,
): Promise<Report> => {
  const checkpoint = await store.transaction(
    { tenant, principal: services.compliance },
    (tx) => journal.checkpoint(tx, tenant),
    { readOnly: true },
  )
  const key = checkpoint ? await journal.keyOf(checkpoint.note) : ((await journal.keys()).at(-1) ?? null)
  const index = review.entry?.index ?? null
  const covered = checkpoint !== null && index !== null && BigInt(index) < checkpoint.size
  const proof = covered ? await journal.inclusion(tenant, BigInt(index), checkpoint.size) : null
  return {
    format: 'holdfast-review',
    version: 1,
    organisation,
    controlsVersion,
    review,
    journal: {
      key: key ? verifierKeyLine(key) : '',
      checkpoint: checkpoint?.note ?? null,
      inclusion: proof
        ? {
            index: String(proof.index),
            size: String(proof.size),
            body: base64url(proof.body),
            leaf: proof.leaf,
            hashes: proof.hashes,
          }
        : null,
    },
  }
}
