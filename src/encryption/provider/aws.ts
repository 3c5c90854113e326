// AWS KMS: Encrypt and Decrypt under a symmetric key, bound to an encryption context; Signature Version 4 by hand. Keeps encryption-64.
// Reference: AWS General Reference, "Create a signed AWS API request"; KMS API version 2014-11-01.
import { createHash, createHmac } from 'node:crypto'
import { Fault, say, verbatim } from '#kernel'
import { type Answer, type Ask, askPatiently, type Patience } from './https.ts'
import { outerProvider } from './outer.ts'
import type { RootProvider } from './root.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

export interface AwsSettings extends Patience {
  readonly region: string
  /** Id or ARN of the key; not an alias, which may come to name another one. */
  readonly keyId: string
  /** Default: that of the region. */
  readonly endpoint?: string
  readonly credentials: () => Promise<AwsCredentials>
  readonly now?: () => Date
}

/** The provider over a KMS key. */
export const awsProvider = (settings: AwsSettings): RootProvider => {
  const { region, keyId, now = () => new Date() } = settings
  const url = new URL('/', settings.endpoint ?? `https://kms.${region}.amazonaws.com`)
  const call = async (action: 'Encrypt' | 'Decrypt', body: unknown): Promise<Answer> =>
    askPatiently(
      async () => signedV4(url, action, JSON.stringify(body), region, await settings.credentials(), now()),
      settings,
      ({ json }) => passing.has(errorOf(json)),
    )
  const field = ({ status, json }: Answer, name: string): Uint8Array => {
    const value = json[name]
    if (status === 200 && typeof value === 'string') return Buffer.from(value, 'base64')
    const why = errorOf(json)
    if (foreign.has(why)) throw new Fault('cell-does-not-open')
    throw new Fault('provider-refused', {
      provider: settings.provider,
      what: why === '' ? say('it answered {status}', { status }) : verbatim(why),
    })
  }
  return outerProvider({
    kind: 'aws',
    identity: `${region}/${keyId}`,
    encrypt: async (plain, context) => {
      const Plaintext = Buffer.from(plain).toString('base64')
      return field(
        await call('Encrypt', { KeyId: keyId, Plaintext, EncryptionContext: { holdfast: context } }),
        'CiphertextBlob',
      )
    },
    decrypt: async (sealed, context) => {
      const CiphertextBlob = Buffer.from(sealed).toString('base64')
      return field(
        await call('Decrypt', { KeyId: keyId, CiphertextBlob, EncryptionContext: { holdfast: context } }),
        'Plaintext',
      )
    },
  })
}

// Worth another attempt, though the status is 400.
const passing: ReadonlySet<string> = new Set([
  'ThrottlingException',
  'LimitExceededException',
  'DependencyTimeoutException',
])
const foreign: ReadonlySet<string> = new Set(['InvalidCiphertextException', 'IncorrectKeyException'])

/** The short name of an error: letters alone, so that nothing that was sent comes back with it. */
const errorOf = (json: Readonly<Record<string, unknown>>): string => {
  const type = json.__type
  return typeof type === 'string' ? (/[A-Za-z]{1,60}$/.exec(type)?.[0] ?? '') : ''
}

const signedV4 = (
  url: URL,
  action: string,
  body: string,
  region: string,
  credentials: AwsCredentials,
  now: Date,
): Ask => {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials
  const stamp = now.toISOString().replaceAll(/[-:]|\.\d{3}/g, '')
  const day = stamp.slice(0, 8)
  const headers: Record<string, string> = {
    'content-type': 'application/x-amz-json-1.1',
    host: url.host,
    'x-amz-date': stamp,
    ...(sessionToken === undefined ? {} : { 'x-amz-security-token': sessionToken }),
    'x-amz-target': `TrentService.${action}`,
  }
  const names = Object.keys(headers).sort()
  const signedHeaders = names.join(';')
  const lines = names.map((name) => `${name}:${headers[name] ?? ''}\n`).join('')
  const request = ['POST', '/', '', lines, signedHeaders, sha256Hex(body)].join('\n')
  const scope = `${day}/${region}/kms/aws4_request`
  const toSign = ['AWS4-HMAC-SHA256', stamp, scope, sha256Hex(request)].join('\n')
  const key = [day, region, 'kms', 'aws4_request'].reduce<string | Buffer>(
    (held, part) => hmac(held, part),
    `AWS4${secretAccessKey}`,
  )
  const signature = hmac(key, toSign).toString('hex')
  const authorization = `AWS4-HMAC-SHA256 Credential=${accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`
  return { method: 'POST', url, headers: { ...headers, authorization }, body }
}

const sha256Hex = (text: string): string => createHash('sha256').update(text).digest('hex')
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
