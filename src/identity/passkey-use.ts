// An answer of a passkey: read, matched with a challenge of ours, and verified. Every reason for a refusal looks the same. Keeps identity-171.
import type { AuthenticationResponseJSON } from '@simplewebauthn/server'
import { base64url, Fault, fromBase64url, fromUtf8, isFault, utf8, type Uuid } from '#kernel'
import { sha256 } from '#encryption'
import { rpIdOf, spendChallenge } from './challenge.ts'
import { type Parts, scopeOfSystem } from './house.ts'

/** What matters of an answer before it is verified. */
export interface Assertion {
  readonly credentialId: string
  /** As the browser says it signed it; the signature covers it. */
  readonly challenge: string
  readonly challengeHash: Uint8Array
  readonly userHandle: string | null
}

/** Throws passkey-refused for what is no answer of a browser. */
export const readAssertion = (value: unknown): Assertion => {
  try {
    const { id, response } = value as { id: unknown; response: Record<string, unknown> }
    const { clientDataJSON, userHandle } = response
    if (typeof id !== 'string' || typeof clientDataJSON !== 'string') throw new TypeError('no answer of a browser')
    const { challenge } = JSON.parse(fromUtf8(fromBase64url(clientDataJSON))) as { challenge: unknown }
    if (typeof challenge !== 'string') throw new TypeError('no challenge')
    return {
      credentialId: id,
      challenge,
      challengeHash: sha256(fromBase64url(challenge)),
      userHandle: typeof userHandle === 'string' && userHandle !== '' ? userHandle : null,
    }
  } catch (cause) {
    throw new Fault('passkey-refused', {}, { cause })
  }
}

/** The user whose passkey gave this answer; expected: to confirm somebody who is signed in. Throws passkey-refused. */
export const usePasskey = async (
  parts: Parts,
  response: unknown,
  expected?: Uuid,
): Promise<{ readonly userId: Uuid; readonly passkey: Uuid }> => {
  const given = readAssertion(response)
  // Loaded when the first passkey is used.
  const { verifyAuthenticationResponse } = await import('@simplewebauthn/server')
  await spendChallenge(parts, given, expected === undefined ? 'use' : 'confirm', expected ?? null)
  try {
    return await parts.store.transaction(scopeOfSystem(parts), async (tx) => {
      const [row] = await tx.query<Row>({
        text: `select id, user_id, credential_id, public_key, counter from identity.passkey
          where tenant_id = $1 and credential_id = $2 for update`,
        values: [parts.tenant, Buffer.from(fromBase64url(given.credentialId))],
      })
      if (!row || (expected !== undefined && row.user_id !== expected)) throw new Fault('passkey-refused')
      if (given.userHandle !== null && given.userHandle !== base64url(utf8(row.user_id)))
        throw new Fault('passkey-refused')
      const { verified, authenticationInfo } = await verifyAuthenticationResponse({
        response: response as AuthenticationResponseJSON,
        expectedChallenge: given.challenge,
        expectedOrigin: parts.site().origin,
        expectedRPID: rpIdOf(parts),
        requireUserVerification: true,
        credential: {
          id: base64url(row.credential_id),
          publicKey: Uint8Array.from(row.public_key),
          counter: Number(row.counter),
        },
      })
      if (!verified) throw new Fault('passkey-refused')
      await tx.query({
        text: `update identity.passkey set counter = $3, backed_up = $4, used_at = $5 where tenant_id = $1 and id = $2`,
        values: [
          parts.tenant,
          row.id,
          authenticationInfo.newCounter,
          authenticationInfo.credentialBackedUp,
          parts.clock.now(),
        ],
      })
      return { userId: row.user_id, passkey: row.id }
    })
  } catch (cause) {
    // A database that is away is no wrong passkey.
    if (isFault(cause) && cause.status >= 500) throw cause
    throw new Fault('passkey-refused', {}, { cause })
  }
}

interface Row {
  readonly id: Uuid
  readonly user_id: Uuid
  readonly credential_id: Uint8Array
  readonly public_key: Uint8Array
  readonly counter: bigint
}
