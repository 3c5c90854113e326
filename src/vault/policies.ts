// Versions of the policies in the database: the PolicyStore of access. What is in force bears our signature, or nothing starts. Keeps vault-152.
import { canonical, type Catalogue, type Clock, Fault, newId, services, utf8, type Uuid } from '#kernel'
import {
  compileVersion,
  housePolicies,
  parseDocument,
  policyDigest,
  policySource,
  type PolicyDocument,
  type PolicyStore,
  shippedDocument,
} from '#access'
import { type Keys, type Signer, verifySignature } from '#encryption'
import type { Journal } from '#journal'
import type { Store, Tx } from '#store'
import { currentSigner } from './signers.ts'

export interface PolicyVersions extends PolicyStore {
  /** Puts a document in force as the next version, inside the caller's transaction. */
  put(tx: Tx, wanted: Wanted): Promise<{ readonly number: number; readonly digest: string }>
  document(tx: Tx, number: number): Promise<PolicyDocument>
  /** The document in force, as the caller's transaction sees it. */
  current(tx: Tx): Promise<PolicyDocument>
  /** Signs what is about policies with the key that versions are signed with. */
  sign(tx: Tx, bytes: Uint8Array): Promise<Uint8Array>
  verifies(bytes: Uint8Array, signature: Uint8Array): Promise<boolean>
}

interface Wanted {
  readonly document: PolicyDocument
  readonly origin: 'shipped' | 'house'
  readonly by: Uuid
  readonly change?: Uuid
  readonly at: Date
}

interface Row {
  readonly number: number
  readonly document: string | null
  readonly origin: 'shipped' | 'house'
  readonly sha256: Uint8Array
  readonly signature: Uint8Array | null
}

interface Parts {
  readonly store: Store
  readonly journal: Journal
  readonly clock: Clock
  readonly catalogue: Catalogue
  readonly tenant: Uuid
  readonly keys: Keys
}

/** The versions of a house; where none is in force, or the shipped one is of another program, one is put in force first. */
export const openVersions = async (parts: Parts): Promise<PolicyVersions> => {
  const scope = { tenant: parts.tenant, principal: services.system }
  await parts.store.transaction(scope, (tx) => bringUpToDate(parts, tx))
  const read = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => parts.store.transaction(scope, work, { readOnly: true })
  return {
    active: () => read(async (tx) => (await activeRow(parts, tx))?.number ?? noVersion()),
    load: (number) => read(async (tx) => ({ number, document: await documentOf(parts, tx, number) })),
    document: (tx, number) => documentOf(parts, tx, number),
    current: async (tx) => readDocument(parts, (await activeRow(parts, tx)) ?? noVersion()),
    put: (tx, wanted) => put(parts, tx, wanted),
    sign: async (tx, bytes) => (await signer(parts, tx)).sign(bytes),
    verifies: async (bytes, signature) => holds(await signers(parts), bytes, signature),
  }
}

const noVersion = (): never => {
  throw new Fault('policy-invalid', { what: 'no version is in force' })
}

const fields = 'number, document, origin, sha256, signature'

const activeRow = async (parts: Parts, tx: Tx): Promise<Row | undefined> =>
  (
    await tx.query<Row>({
      name: 'policy-active',
      text: `select ${fields} from ops.policy_version where tenant_id = $1 and active order by number desc limit 1`,
      values: [parts.tenant],
    })
  )[0]

/** A house that decided nothing of its own follows the program; one that did keeps its document under the program's guard rails. */
const bringUpToDate = async (parts: Parts, tx: Tx): Promise<void> => {
  await holdVersions(parts, tx)
  const active = await activeRow(parts, tx)
  const own = active?.origin === 'house'
  const document = own ? await readDocument(parts, active) : shippedDocument
  const digest = policyDigest(housePolicies(parts.catalogue, document))
  const known = active?.document != null && Buffer.from(active.sha256).toString('hex') === digest
  // What the program ships is signed anew under another profile; what the house decided keeps the signature it was decided with.
  const by = own ? await signers(parts) : [await signer(parts, tx)]
  if (known && signed(parts, active, by)) return
  const { number } = await put(parts, tx, {
    document,
    origin: own ? 'house' : 'shipped',
    by: services.system,
    at: parts.clock.now(),
  })
  // The first version is no change of anything.
  if (!active) return
  const detail = { number, from: active.number, digest, origin: own ? 'house' : 'shipped' }
  await parts.journal.append(tx, parts.tenant, [
    { act: 'policy.publish', obj: 'policy', actor: services.system, channel: 'job', detail },
  ])
}

/** One change of what is in force at a time. */
export const holdVersions = async (parts: Pick<Parts, 'tenant'>, tx: Tx): Promise<void> => {
  await tx.query({ text: `select pg_advisory_xact_lock(hashtext('policies'), hashtext($1))`, values: [parts.tenant] })
}

const put = async (parts: Parts, tx: Tx, wanted: Wanted): Promise<{ number: number; digest: string }> => {
  await holdVersions(parts, tx)
  const policies = housePolicies(parts.catalogue, wanted.document)
  compileVersion(parts.catalogue, { number: 0, document: wanted.document })
  const digest = policyDigest(policies)
  const text = canonical(wanted.document)
  const [last] = await tx.query<{ number: number }>({
    text: 'select coalesce(max(number), 0) as number from ops.policy_version where tenant_id = $1',
    values: [parts.tenant],
  })
  const number = (last?.number ?? 0) + 1
  const signing = await signer(parts, tx)
  const signature = signing.sign(signedBytes(parts.tenant, { number, document: text, origin: wanted.origin, digest }))
  await tx.query({ text: 'update ops.policy_version set active = false where tenant_id = $1 and active', values: [parts.tenant] }) // prettier-ignore
  await tx.query({
    text: `insert into ops.policy_version (tenant_id, id, number, source, sha256, active, created_by, document, origin, signature, change_id, activated_at)
           values ($1, $2, $3, $4, decode($5, 'hex'), true, $6, $7, $8, $9, $10, $11)`,
    values: [
      parts.tenant, newId(), number, policySource(policies), digest, wanted.by, text, wanted.origin,
      Buffer.from(signature), wanted.change ?? null, wanted.at,
    ],
  }) // prettier-ignore
  return { number, digest }
}

const documentOf = async (parts: Parts, tx: Tx, number: number): Promise<PolicyDocument> => {
  const [row] = await tx.query<Row>({
    text: `select ${fields} from ops.policy_version where tenant_id = $1 and number = $2`,
    values: [parts.tenant, number],
  })
  if (row?.document == null) throw new Fault('not-found', { what: 'policy version' })
  return readDocument(parts, row)
}

/** The document of a version that bears our signature; whoever can write in the database cannot write policies. */
const readDocument = async (parts: Parts, row: Row): Promise<PolicyDocument> => {
  if (row.document === null || !signed(parts, row, await signers(parts)))
    throw new Fault('policy-not-signed', { number: row.number })
  return parseDocument(parts.catalogue, JSON.parse(row.document))
}

const signer = (parts: Parts, tx: Tx): Promise<Signer> => currentSigner(tx, parts.keys, parts.tenant, 'policies')

/** Those of earlier profiles too. */
const signers = (parts: Parts): Promise<readonly Signer[]> => parts.keys.signers('policies')

const signed = ({ tenant }: Parts, row: Row, by: readonly Signer[]): boolean => {
  const { number, document, origin, sha256, signature } = row
  const digest = Buffer.from(sha256).toString('hex')
  const bytes = signedBytes(tenant, { number, document: document ?? '', origin, digest })
  return signature !== null && holds(by, bytes, signature)
}

const holds = (by: readonly Signer[], bytes: Uint8Array, signature: Uint8Array): boolean =>
  by.some(({ suite, publicKey }) => verifySignature(suite, publicKey, bytes, signature))

const signedBytes = (
  tenant: Uuid,
  version: { readonly number: number; readonly document: string; readonly origin: string; readonly digest: string },
): Uint8Array => utf8(canonical({ kind: 'holdfast/policy-version/1', tenant, ...version }))
