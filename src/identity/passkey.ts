// Passkeys (WebAuthn level 3): discoverable, the person verified by the authenticator, each challenge answered once. Keeps identity-171.
import type { RegistrationResponseJSON } from '@simplewebauthn/server'
import { base64url, Fault, fromBase64url, newId, say, utf8, type Uuid } from '#kernel'
import type { Tx } from '#store'
import { isPossible, newChallenge, rpIdOf, spendChallenge } from './challenge.ts'
import { type By, entry, type Origin, type Parts, scopeOfSystem } from './house.ts'
import { notice } from './outbox.ts'
import { readAssertion } from './passkey-use.ts'
import { clearRecovery, recoverIfNone } from './recovery.ts'
import { endSessions, rotateSession, type Session, type Tokens } from './session.ts'

export interface Passkey {
  readonly id: Uuid
  readonly name: string
  readonly createdAt: Date
  readonly usedAt: Date | null
  /** The authenticator may copy the key to other devices of the person, and whether it has. */
  readonly synced: boolean
  readonly backedUp: boolean
}

/** What the browser is asked with: PublicKeyCredentialCreationOptions or …RequestOptions in their JSON form. */
export type BrowserOptions = Readonly<Record<string, unknown>>

export interface Passkeys {
  /** Whether the address of this installation can carry passkeys: browsers bind them to a name, never to a number. */
  possible(): boolean
  list(userId: Uuid): Promise<readonly Passkey[]>
  /** Begins to add one. */
  begin(userId: Uuid): Promise<BrowserOptions>
  /** Adds what the authenticator made. The session gets new tokens, others end; recovery codes where there were none. */
  finish(
    session: Session,
    response: unknown,
    name: string,
    origin: Origin,
  ): Promise<{ readonly tokens: Tokens; readonly recoveryCodes: readonly string[] | null }>
  rename(userId: Uuid, id: Uuid, name: string, by: By): Promise<void>
  remove(session: Session, id: Uuid, origin: Origin): Promise<void>
  /** Asks any passkey of this installation to sign: before anybody is known, or (userId) to confirm who is there. */
  ask(userId?: Uuid): Promise<BrowserOptions>
}

/** W3C WebAuthn 5.8.5: EdDSA, ES256, RS256, which authenticators in use speak. */
export const algorithms = [-8, -7, -257]

export const passkeys = (parts: Parts): Passkeys => ({
  possible: () => isPossible(parts),
  list: (userId) =>
    parts.store.transaction(scopeOfSystem(parts), (tx) => listPasskeys(tx, parts, userId), { readOnly: true }),
  begin: (userId) => begin(parts, userId),
  finish: (session, response, name, origin) => finish(parts, session, response, name, origin),
  rename: (userId, id, name, by) =>
    parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      const rows = await tx.query({
        text: `update identity.passkey set name = $4 where tenant_id = $1 and user_id = $2 and id = $3 returning id`,
        values: [parts.tenant, userId, id, nameOf(name)],
      })
      if (rows.length === 0) throw new Fault('not-found', { what: 'passkey' })
      await parts.journal.append(tx, parts.tenant, [entry('passkey.rename', userId, by, { passkey: id })])
    }),
  remove: (session, id, origin) =>
    parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      const { userId } = session
      const rows = await tx.query({
        text: `delete from identity.passkey where tenant_id = $1 and user_id = $2 and id = $3 returning id`,
        values: [parts.tenant, userId, id],
      })
      if (rows.length === 0) throw new Fault('not-found', { what: 'passkey' })
      await clearRecovery(tx, parts, userId)
      const by = { actor: userId, ...origin }
      await parts.journal.append(tx, parts.tenant, [entry('passkey.remove', userId, by, { passkey: id })])
      await notice(tx, parts, userId, 'factor-removed')
      await endSessions(tx, parts, { userId, except: session.id }, by, 'second-factor')
    }),
  ask: async (userId) => {
    const challenge = await newChallenge(parts, userId === undefined ? 'use' : 'confirm', userId)
    return { challenge, rpId: rpIdOf(parts), timeout: timeoutMs, userVerification: 'required', allowCredentials: [] }
  },
})

const timeoutMs = 120_000

const listPasskeys = (tx: Tx, parts: Parts, userId: Uuid): Promise<readonly Passkey[]> =>
  tx.query<Passkey>({
    text: `select id, name, created_at as "createdAt", used_at as "usedAt", synced, backed_up as "backedUp"
      from identity.passkey where tenant_id = $1 and user_id = $2 order by created_at, id`,
    values: [parts.tenant, userId],
  })

const most = 20

const begin = async (parts: Parts, userId: Uuid): Promise<BrowserOptions> => {
  const user = await parts.directory.get(userId)
  if (!user) throw new Fault('not-found', { what: 'user' })
  const rows = await parts.store.transaction(scopeOfSystem(parts), (tx) =>
    tx.query<{ credential_id: Uint8Array; transports: readonly string[] }>({
      text: `select credential_id, transports from identity.passkey where tenant_id = $1 and user_id = $2`,
      values: [parts.tenant, userId],
    }),
  )
  if (rows.length >= most) throw new Fault('too-large', { what: 'the list of passkeys', limit: most })
  return {
    challenge: await newChallenge(parts, 'register', userId),
    rp: { id: rpIdOf(parts), name: 'Holdfast' },
    // The handle is the user's id: it names nobody by itself, and the authenticator gives it back at sign-in.
    user: { id: base64url(utf8(userId)), name: user.email, displayName: user.name },
    pubKeyCredParams: algorithms.map((alg) => ({ type: 'public-key', alg })),
    timeout: timeoutMs,
    attestation: 'none',
    authenticatorSelection: { residentKey: 'required', requireResidentKey: true, userVerification: 'required' },
    excludeCredentials: rows.map((row) => ({
      type: 'public-key',
      id: base64url(row.credential_id),
      transports: row.transports,
    })),
  }
}

const finish = async (
  parts: Parts,
  session: Session,
  response: unknown,
  name: string,
  origin: Origin,
): ReturnType<Passkeys['finish']> => {
  const given = readAssertion(response)
  const { verifyRegistrationResponse } = await import('@simplewebauthn/server')
  await spendChallenge(parts, given, 'register', session.userId)
  const verified = await verifyRegistrationResponse({
    // Its shape is checked by the library, whose every refusal is one refusal here.
    response: response as RegistrationResponseJSON,
    expectedChallenge: given.challenge,
    expectedOrigin: parts.site().origin,
    expectedRPID: rpIdOf(parts),
    requireUserPresence: true,
    requireUserVerification: true,
    supportedAlgorithmIDs: algorithms,
  }).catch((cause: unknown) => {
    throw new Fault('passkey-refused', {}, { cause })
  })
  if (!verified.verified) throw new Fault('passkey-refused')
  const { credential, credentialDeviceType, credentialBackedUp } = verified.registrationInfo
  const by = { actor: session.userId, ...origin }
  const id = newId(parts.clock.now().getTime())
  return parts.store.transaction(scopeOfSystem(parts), async (tx) => {
    const rows = await tx.query({
      text: `insert into identity.passkey
          (tenant_id, id, user_id, credential_id, public_key, counter, transports, synced, backed_up, name, created_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict do nothing returning id`,
      values: [
        parts.tenant,
        id,
        session.userId,
        Buffer.from(fromBase64url(credential.id)),
        Buffer.from(credential.publicKey),
        credential.counter,
        (credential.transports ?? []).filter((one) => /^[a-z-]{1,20}$/.test(one)).slice(0, 8),
        credentialDeviceType === 'multiDevice',
        credentialBackedUp,
        nameOf(name),
        parts.clock.now(),
      ],
    })
    if (rows.length === 0) throw new Fault('already-exists', { what: 'passkey' })
    await parts.journal.append(tx, parts.tenant, [
      entry('passkey.add', session.userId, by, { passkey: id, synced: credentialDeviceType === 'multiDevice' }),
    ])
    await notice(tx, parts, session.userId, 'factor-added')
    await endSessions(tx, parts, { userId: session.userId, except: session.id }, by, 'second-factor')
    const recoveryCodes = await recoverIfNone(tx, parts, session.userId)
    const tokens = await rotateSession(tx, parts, session.id, true)
    if (!tokens) throw new Fault('not-signed-in')
    return { tokens, recoveryCodes }
  })
}

const nameOf = (name: string): string => {
  const plain = name
    .normalize('NFKC')
    .replaceAll(/[\p{Cc}\p{Cf}]/gu, ' ')
    .trim()
  if (plain === '' || plain.length > 60)
    throw new Fault('bad-value', { field: 'name', what: say('expected 1 to {most} characters', { most: 60 }) })
  return plain
}
