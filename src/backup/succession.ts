// When another key signs from now on: a statement in the repository, signed by the key before, that names it. Whoever holds an
// identity that pins the old key follows it; nobody has to find the identity and write in it first. Keeps backup-101.
import { dirname } from 'node:path'
import { base64url, canonical, fromBase64url, fromUtf8, utf8 } from '#kernel'
import { parseVerifyKey, printVerifyKey, type Signer, verifiedBy, type VerifyKey } from '#encryption'
import { list, put, read, within } from './folder.ts'
import { fingerprint } from './identity.ts'
import type { Repository } from './repository.ts'

const format = 'holdfast-succession-1'
const context = 'holdfast backup signer succession v1\n'

interface Statement {
  readonly from: string
  readonly to: string
}

/** Has every earlier key name the one that signs now, where it has not yet. */
export const keepSuccession = async (
  repository: Repository,
  signer: VerifyKey,
  earlier: readonly Signer[],
): Promise<void> => {
  for (const before of earlier) {
    const path = within(folderOf(repository), nameOf(before, signer))
    if (await read(path)) continue
    await put(path, signSuccession(repository.id, before, signer))
  }
}

/** The bytes of a statement: the old key says that the new one signs for this repository too. */
export const signSuccession = (repo: string, before: Signer, after: VerifyKey): Uint8Array => {
  const succession = { format, repo, from: printVerifyKey(before), to: printVerifyKey(after) }
  const value = base64url(before.sign(utf8(context + canonical(succession))))
  return utf8(canonical({ succession, signature: value }))
}

/** The keys given, and every key that follows from one of them by a true statement. */
export const withSuccessors = async (
  repository: Repository,
  keys: readonly VerifyKey[],
): Promise<readonly VerifyKey[]> => {
  const found = new Set(keys.map(printVerifyKey))
  const waiting = (await readStatements(repository)).filter(({ from, to }) => from !== to)
  for (let more = true; more;) {
    const next = waiting.filter(({ from, to }) => found.has(from) && !found.has(to))
    for (const { to } of next) found.add(to)
    more = next.length > 0
  }
  return [...found].map(parseVerifyKey)
}

const readStatements = async (repository: Repository): Promise<readonly Statement[]> => {
  const statements: Statement[] = []
  for (const file of await list(folderOf(repository))) {
    const bytes = file.endsWith('.successor') ? await read(within(folderOf(repository), file)) : undefined
    const statement = bytes && parseSuccession(repository.id, bytes)
    if (statement) statements.push(statement)
  }
  return statements
}

/** What a statement says, if its signature is that of the key it comes from, by that key's own suite; else null. */
export const parseSuccession = (repo: string, bytes: Uint8Array): Statement | null => {
  try {
    const text = fromUtf8(bytes)
    const { succession, signature } = JSON.parse(text) as { succession: Record<string, unknown>; signature: unknown }
    const { from, to } = succession
    if (typeof from !== 'string' || typeof to !== 'string' || typeof signature !== 'string') return null
    const said = { format, repo, from, to }
    if (canonical({ succession: said, signature }) !== text) return null
    parseVerifyKey(to)
    return verifiedBy(parseVerifyKey(from), utf8(context + canonical(said)), fromBase64url(signature))
      ? { from, to }
      : null
  } catch {
    return null
  }
}

/** Statements are for the whole repository, the snapshots of the keyring within it too. */
const folderOf = ({ kind, folder }: Repository): string =>
  within(kind === 'keyring' ? dirname(folder) : folder, 'signers')

const nameOf = (from: VerifyKey, to: VerifyKey): string =>
  `${fingerprint(from.publicKey)}-${fingerprint(to.publicKey)}.successor`
