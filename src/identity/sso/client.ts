// Speaking OpenID Connect with a provider: discovery, the way there and back, and tokens verified against the provider's keys. Keeps identity-184, identity-185.
import { createRemoteJWKSet, type JWTPayload, jwtVerify, type JWTVerifyGetKey } from 'jose'
import {
  allowInsecureRequests,
  authorizationCodeGrant,
  buildAuthorizationUrl,
  calculatePKCECodeChallenge,
  ClientSecretBasic,
  ClientSecretPost,
  clockTolerance,
  Configuration,
  discovery,
  fetchUserInfo,
  None,
} from 'openid-client'
import { Fault, isFault, type Uuid } from '#kernel'
import type { Parts } from '../house.ts'
import { onThisMachine, type Provider, secretOf } from './provider.ts'

/** What only the browser knows that began a sign-in. */
export interface Tie {
  readonly state: string
  readonly nonce: string
  readonly verifier: string
}

/** Claims of a person, verified. */
export interface Claims {
  readonly subject: string
  readonly sid: string | undefined
  readonly all: Readonly<Record<string, unknown>>
}

export interface Client {
  authorizationUrl(provider: Provider, tie: Tie): Promise<URL>
  /** Throws sso-failed for whatever does not hold, sso-unreachable, sso-refused. */
  exchange(provider: Provider, tie: Tie, query: URLSearchParams): Promise<Claims>
  /** Payload of a token signed by the provider for us. Throws sso-failed. */
  verify(provider: Provider, token: string, types: readonly string[]): Promise<JWTPayload>
  endSessionUrl(provider: Provider): Promise<string | null>
  /** What is remembered of a provider is asked for anew. */
  forget(id: Uuid): void
}

// RFC 8725 section 3.1: the algorithms are ours to choose, never the token's. No "none", and nothing symmetric.
const algorithms = ['RS256', 'PS256', 'ES256', 'EdDSA', 'Ed25519']
const skewSeconds = 60
const timeoutSeconds = 6
const rememberMs = 3_600_000

interface Known {
  readonly version: number
  readonly until: number
  readonly config: Configuration
  readonly keys: JWTVerifyGetKey
}

export const callbackOf = (provider: Provider): string => `${provider.settings.origin}/api/sso/${provider.id}/callback`

export const createClient = (parts: Parts): Client => {
  const known = new Map<Uuid, Known>()
  const meet = async (provider: Provider): Promise<Known> => {
    const now = parts.clock.now().getTime()
    const met = known.get(provider.id)
    if (met?.version === provider.version && met.until > now) return met
    const fresh = await introduce(parts, provider, now)
    known.set(provider.id, fresh)
    return fresh
  }
  const verify: Client['verify'] = async (provider, token, types) => {
    const { keys } = await meet(provider)
    return telling(provider, async () => {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms,
        issuer: provider.issuer,
        audience: provider.clientId,
        clockTolerance: skewSeconds,
        currentDate: parts.clock.now(),
        requiredClaims: ['iat'],
      })
      const { typ } = protectedHeader
      if (typ !== undefined && !types.includes(typ.toLowerCase())) throw new Fault('sso-failed')
      return payload
    })
  }
  return {
    verify,
    forget: (id) => void known.delete(id),
    authorizationUrl: async (provider, tie) => {
      const { config } = await meet(provider)
      return buildAuthorizationUrl(config, {
        redirect_uri: callbackOf(provider),
        scope: provider.settings.scopes.join(' '),
        response_type: 'code',
        state: tie.state,
        nonce: tie.nonce,
        code_challenge: await calculatePKCECodeChallenge(tie.verifier),
        code_challenge_method: 'S256',
      })
    },
    exchange: async (provider, tie, query) => {
      const { config } = await meet(provider)
      return telling(provider, async () => {
        const answer = await authorizationCodeGrant(config, new URL(`${callbackOf(provider)}?${query.toString()}`), {
          pkceCodeVerifier: tie.verifier,
          expectedState: tie.state,
          expectedNonce: tie.nonce,
          idTokenExpected: true,
        })
        // Over TLS the protocol would let the signature go unlooked at; we look.
        const payload = await verify(provider, answer.id_token ?? '', ['jwt'])
        if (typeof payload.sub !== 'string' || payload.sub === '' || payload['nonce'] !== tie.nonce)
          throw new Fault('sso-failed')
        const { email } = provider.settings.claims
        const more =
          payload[email] === undefined && config.serverMetadata().userinfo_endpoint !== undefined
            ? await fetchUserInfo(config, answer.access_token, payload.sub)
            : {}
        const { sid } = payload
        return { subject: payload.sub, sid: typeof sid === 'string' ? sid : undefined, all: { ...more, ...payload } }
      })
    },
    endSessionUrl: async (provider) => {
      const { config } = await meet(provider)
      const endpoint = config.serverMetadata().end_session_endpoint
      if (endpoint === undefined) return null
      const url = new URL(endpoint)
      url.searchParams.set('client_id', provider.clientId)
      url.searchParams.set('post_logout_redirect_uri', provider.settings.origin)
      return url.href
    },
  }
}

const introduce = async (parts: Parts, provider: Provider, now: number): Promise<Known> => {
  const secret = provider.hasSecret ? await secretOf(parts, provider.id) : undefined
  const issuer = new URL(provider.issuer)
  const plain = issuer.protocol === 'http:' && onThisMachine(issuer.hostname)
  return telling(provider, async () => {
    const metadata = { [clockTolerance]: skewSeconds }
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- marked so to stand out; here for this machine alone
    const options = { timeout: timeoutSeconds, ...(plain ? { execute: [allowInsecureRequests] } : {}) }
    const first = await discovery(issuer, provider.clientId, metadata, None(), options)
    const found = first.serverMetadata()
    // Discovery compares the issuer; a document of somebody else's is refused there.
    const methods = found.token_endpoint_auth_methods_supported ?? ['client_secret_basic']
    const authentication =
      secret === undefined
        ? None()
        : methods.includes('client_secret_basic')
          ? ClientSecretBasic(secret)
          : ClientSecretPost(secret)
    const config = new Configuration(found, provider.clientId, metadata, authentication)
    config.timeout = timeoutSeconds
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- as above
    if (plain) allowInsecureRequests(config)
    if (found.jwks_uri === undefined) throw new Fault('sso-failed')
    const keys = createRemoteJWKSet(new URL(found.jwks_uri), {
      timeoutDuration: timeoutSeconds * 1000,
      cooldownDuration: 10_000,
      cacheMaxAge: 600_000,
    })
    return { version: provider.version, until: now + rememberMs, config, keys }
  })
}

/** What goes wrong on the way, as one of our faults: no answer is another thing than a wrong one. */
const telling = async <T>(provider: Provider, work: () => Promise<T>): Promise<T> => {
  try {
    return await work()
  } catch (cause) {
    if (isFault(cause)) throw cause
    const { name, code, status, error } = cause as { name?: string; code?: unknown; status?: unknown; error?: unknown }
    if (error === 'access_denied') throw new Fault('sso-refused', { name: provider.name }, { cause })
    const silent =
      name === 'TypeError' ||
      name === 'TimeoutError' ||
      name === 'AbortError' ||
      code === 'OAUTH_TIMEOUT' ||
      code === 'ERR_JWKS_TIMEOUT' ||
      code === 'OAUTH_RESPONSE_IS_NOT_CONFORM' ||
      code === 'ERR_JOSE_GENERIC' ||
      (typeof status === 'number' && status >= 500)
    throw new Fault(silent ? 'sso-unreachable' : 'sso-failed', { name: provider.name }, { cause })
  }
}
