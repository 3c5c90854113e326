// 阿里云 KMS (Alibaba Cloud): Encrypt and Decrypt under a symmetric key, bound to an encryption context; signature V3 by hand. Keeps
// encryption-64. Reference: 阿里云 OpenAPI「V3 版本请求体&签名机制」(ACS3-HMAC-SHA256); KMS API version 2016-01-20.
import { createHash, createHmac, randomUUID } from 'node:crypto'
import { Fault, say, verbatim } from '#kernel'
import { type Answer, type Ask, askPatiently, type Patience } from './https.ts'
import { outerProvider } from './outer.ts'
import type { RootProvider } from './root.ts'

export interface AliyunCredentials {
  readonly accessKeyId: string
  readonly accessKeySecret: string
  readonly securityToken?: string
}

export interface AliyunSettings extends Patience {
  /** Such as cn-hangzhou. */
  readonly region: string
  /** Id of the key; not an alias, which may come to name another one. */
  readonly keyId: string
  /** Default: that of the region. */
  readonly endpoint?: string
  readonly credentials: () => Promise<AliyunCredentials>
  readonly now?: () => Date
}

/** The provider over a KMS key. */
export const aliyunProvider = (settings: AliyunSettings): RootProvider => {
  const { region, keyId, now = () => new Date() } = settings
  const url = new URL('/', settings.endpoint ?? `https://kms.${region}.aliyuncs.com`)
  const call = async (action: 'Encrypt' | 'Decrypt', parameters: Readonly<Record<string, string>>): Promise<Answer> =>
    askPatiently(
      async () =>
        signedV3(url, action, new URLSearchParams(parameters).toString(), await settings.credentials(), now()),
      settings,
      ({ json }) => passing.test(errorOf(json)),
    )
  const field = ({ status, json }: Answer, name: string): string => {
    const value = json[name]
    if (status === 200 && typeof value === 'string') return value
    const why = errorOf(json)
    if (foreign.test(why)) throw new Fault('cell-does-not-open')
    throw new Fault('provider-refused', {
      provider: settings.provider,
      what: why === '' ? say('it answered {status}', { status }) : verbatim(why),
    })
  }
  const bound = (context: string): string => JSON.stringify({ holdfast: context })
  return outerProvider({
    kind: 'aliyun',
    identity: `${region}/${keyId}`,
    encrypt: async (plain, context) => {
      const Plaintext = Buffer.from(plain).toString('base64')
      const answer = await call('Encrypt', { KeyId: keyId, Plaintext, EncryptionContext: bound(context) })
      return Buffer.from(field(answer, 'CiphertextBlob'))
    },
    decrypt: async (sealed, context) => {
      const CiphertextBlob = Buffer.from(sealed).toString('latin1')
      const answer = await call('Decrypt', { CiphertextBlob, EncryptionContext: bound(context) })
      if (answer.status === 200 && answer.json.KeyId !== keyId) throw new Fault('cell-does-not-open')
      return Buffer.from(field(answer, 'Plaintext'), 'base64')
    },
  })
}

// Worth another attempt, though the status is 400.
const passing = /^(Throttling|ServiceUnavailable|Rejected\.Throttling)/
const foreign = /^(InvalidParameter|Forbidden\.InvalidCiphertext|InvalidCiphertext|Rejected\.InvalidCiphertext)/

const errorOf = (json: Readonly<Record<string, unknown>>): string =>
  typeof json.Code === 'string' ? (/^[A-Za-z.]{1,60}/.exec(json.Code)?.[0] ?? '') : ''

const signedV3 = (url: URL, action: string, body: string, credentials: AliyunCredentials, now: Date): Ask => {
  const { accessKeyId, accessKeySecret, securityToken } = credentials
  const digest = sha256Hex(body)
  const headers: Record<string, string> = {
    'content-type': 'application/x-www-form-urlencoded',
    host: url.host,
    'x-acs-action': action,
    'x-acs-content-sha256': digest,
    'x-acs-date': now.toISOString().replace(/\.\d{3}/, ''),
    ...(securityToken === undefined ? {} : { 'x-acs-security-token': securityToken }),
    'x-acs-signature-nonce': randomUUID(),
    'x-acs-version': '2016-01-20',
  }
  const names = Object.keys(headers).sort()
  const signedHeaders = names.join(';')
  const lines = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('')
  const request = ['POST', '/', '', lines, signedHeaders, digest].join('\n')
  const toSign = `ACS3-HMAC-SHA256\n${sha256Hex(request)}`
  const signature = createHmac('sha256', accessKeySecret).update(toSign).digest('hex')
  const authorization = `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${signedHeaders},Signature=${signature}`
  return { method: 'POST', url, headers: { ...headers, authorization }, body }
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')
