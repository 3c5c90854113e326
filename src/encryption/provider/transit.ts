// HashiCorp Vault, Transit engine: the root key never leaves Vault; a token, or an AppRole that fetches one. Keeps encryption-64.
import { Fault, type Said, say } from '#kernel'
import { type Answer, askPatiently, type Patience } from './https.ts'
import { outerProvider } from './outer.ts'
import type { RootProvider } from './root.ts'

export interface TransitSettings extends Patience {
  /** Such as https://vault.example:8200. */
  readonly url: string
  /** Where the engine is mounted; default transit. */
  readonly mount?: string
  /** Name of the key in the engine. */
  readonly key: string
  readonly namespace?: string
  /** Read anew each time one is needed, since agents exchange it. */
  readonly credentials: () => Promise<
    { readonly token: string } | { readonly roleId: string; readonly secretId: string }
  >
}

/** The provider over a Transit key (aes256-gcm96 or chacha20-poly1305, which bind associated data; derived keys get their context). */
export const transitProvider = (settings: TransitSettings): RootProvider => {
  const { mount = 'transit', key, namespace } = settings
  const session = { token: '' }
  const post = async (path: string, body: unknown, token: string): Promise<Answer> =>
    askPatiently(
      () => ({
        method: 'POST',
        url: new URL(`/v1/${path}`, settings.url),
        headers: {
          'content-type': 'application/json',
          'x-vault-request': 'true',
          ...(token === '' ? {} : { 'x-vault-token': token }),
          ...(namespace === undefined ? {} : { 'x-vault-namespace': namespace }),
        },
        body: JSON.stringify(body),
      }),
      settings,
    )
  const signIn = async (): Promise<string> => {
    const credentials = await settings.credentials()
    if ('token' in credentials) return credentials.token
    const { roleId: role_id, secretId: secret_id } = credentials
    const { status, json } = await post('auth/approle/login', { role_id, secret_id }, '')
    const token = (json.auth as { readonly client_token?: unknown } | undefined)?.client_token
    if (status !== 200 || typeof token !== 'string')
      throw refusal(settings, say('the AppRole may not sign in ({status})', { status }))
    return token
  }
  const call = async (verb: 'encrypt' | 'decrypt', body: Readonly<Record<string, string>>): Promise<Answer> => {
    const path = `${mount}/${verb}/${encodeURIComponent(key)}`
    const known = session.token !== ''
    if (!known) session.token = await signIn()
    const answer = await post(path, body, session.token)
    if (answer.status !== 403 || !known) return answer
    // A token that ran out is fetched once more; one that is refused when fresh is refused.
    session.token = await signIn()
    return post(path, body, session.token)
  }
  const field = (answer: Answer, name: string): string => {
    const value = (answer.json.data as Readonly<Record<string, unknown>> | undefined)?.[name]
    if (answer.status === 200 && typeof value === 'string') return value
    if (answer.status === 403) session.token = ''
    throw refusal(settings, whyOf(answer.status))
  }
  const bound = (context: string): { readonly associated_data: string; readonly context: string } => {
    const text = base64(Buffer.from(context))
    return { associated_data: text, context: text }
  }
  return outerProvider({
    kind: 'vault',
    identity: `${namespace ?? ''}/${mount}/${key}`,
    encrypt: async (plain, context) => {
      const answer = await call('encrypt', { plaintext: base64(plain), ...bound(context) })
      return Buffer.from(field(answer, 'ciphertext'))
    },
    decrypt: async (sealed, context) => {
      const ciphertext = Buffer.from(sealed).toString('latin1')
      const answer = await call('decrypt', { ciphertext, ...bound(context) })
      // Vault answers 400 to bytes that do not open.
      if (answer.status === 400) throw new Fault('cell-does-not-open')
      return Buffer.from(field(answer, 'plaintext'), 'base64')
    },
  })
}

const refusal = ({ provider }: Patience, what: Said): Fault => new Fault('provider-refused', { provider, what })

const whyOf = (status: number): Said =>
  status === 403
    ? 'the token may not use this key (403)'
    : status === 404
      ? 'there is no such engine or key (404)'
      : say('it answered {status}', { status })

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64')
