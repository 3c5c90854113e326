// Chains: what a backup builds on, and all that a restore of it needs. Keeps backup-6 and backup-8.
import { Fault, say, type Uuid } from '#kernel'
import { printVerifyKey, type VerifyKey } from '#encryption'
import { sizeOf } from './folder.ts'
import { type BackupType, type Envelope, type Manifest, signatureHolds } from './manifest.ts'
import { packPath } from './pack.ts'
import type { Entry, Repository } from './repository.ts'

/** Manifests of this repository that carry a true signature of a trusted key, oldest first. */
export const trusted = (
  repository: Repository,
  entries: readonly Entry[],
  keys: readonly VerifyKey[],
): readonly Envelope[] => {
  const names = new Set(keys.map(printVerifyKey))
  return entries
    .flatMap((entry) => (entry.envelope ? [entry.envelope] : []))
    .filter((envelope) => envelope.manifest.repo === repository.id && fits(repository, envelope.manifest))
    .filter((envelope) => names.has(printVerifyKey(envelope.signer)) && signatureHolds(envelope))
    .sort((a, b) =>
      a.manifest.createdAt < b.manifest.createdAt ? -1 : a.manifest.createdAt > b.manifest.createdAt ? 1 : 0,
    )
}

/** A snapshot of the keyring is no backup, and the other way round. */
export const fits = ({ kind }: Repository, { format }: Manifest): boolean =>
  (kind === 'keyring') === (format === 'holdfast-keyring-1')

/** The backup that one of the given type would build on: the last of any kind, or the last full. */
export const parentFor = (type: BackupType, candidates: readonly Envelope[]): Envelope | null => {
  if (type === 'full') return null
  const parent = candidates.findLast((one) => type === 'incremental' || one.manifest.type === 'full')
  if (!parent) throw new Fault('backup-no-parent')
  return parent
}

/** A backup and all it builds on, the full one first; Fault backup-damaged where a link is missing or is not what was signed. */
export const chainOf = (id: Uuid, all: readonly Envelope[]): readonly Envelope[] => {
  const byId = new Map(all.map((envelope) => [envelope.manifest.id, envelope]))
  const tip = byId.get(id)
  if (!tip) throw new Fault('backup-not-found', { id })
  const chain = [tip]
  for (let at = tip; at.manifest.parent !== null;) {
    const parent = byId.get(at.manifest.parent.id)
    if (parent?.sha256 !== at.manifest.parent.sha256 || chain.includes(parent))
      throw new Fault('backup-damaged', {
        what: say('backup {id} has lost its parent {parent}', { id: at.manifest.id, parent: at.manifest.parent.id }),
      })
    chain.unshift(parent)
    at = parent
  }
  return chain
}

/** Throws Fault backup-damaged unless every pack of the chain lies there in its full length. */
export const demandPacks = async (repository: Repository, chain: readonly Envelope[]): Promise<void> => {
  for (const { manifest } of chain)
    for (const pack of manifest.packs)
      if ((await sizeOf(packPath(repository.folder, pack.id))) !== pack.bytes)
        throw new Fault('backup-damaged', {
          what: say('pack {id} of backup {backup} is missing or cut; a full backup starts anew', {
            id: pack.id,
            backup: manifest.id,
          }),
        })
}
