// Strict doubles of key services over real TLS on a free port: HashiCorp Vault Transit, AWS KMS, 阿里云 KMS. They check every token, signature,
// clock and context as the services say they do, with code of their own, and can be told to fail.
import 'reflect-metadata'
import * as x509 from '@peculiar/x509'
import {
  createCipheriv,
  createDecipheriv,
  createHash,
  createHmac,
  randomBytes,
  timingSafeEqual,
  webcrypto,
} from 'node:crypto'
import type { IncomingMessage } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'

export interface KeyService {
  readonly url: string
  /** PEM of its certificate, to believe it by. */
  readonly ca: string
  /** Requests it has seen, by what it answered. */
  readonly seen: string[]
  /** What it does with the next requests instead of its work: a status, to hang, or to drop the connection. */
  readonly next: (number | 'hang' | 'drop' | 'throttle')[]
  /** Whether its key is switched off. */
  disabled: boolean
  /** Offset of its clock in milliseconds. */
  skewMs: number
  close(): Promise<void>
}

type Reply = readonly [status: number, body: unknown]
type Work = (request: IncomingMessage, body: string, service: KeyService) => Reply

export const transit = { token: 's.valid', roleId: 'role-1', secretId: 'secret-1', key: 'holdfast' } as const
export const aws = {
  accessKeyId: 'AKIDEXAMPLE',
  secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY',
  region: 'eu-central-1',
  keyId: '1234abcd-12ab-34cd-56ef-1234567890ab',
} as const
export const aliyun = {
  accessKeyId: 'LTAIexample',
  accessKeySecret: 'testsecret',
  region: 'cn-hangzhou',
  keyId: '7906979c-8e06-46a2-be2d-68e3ccbcexam',
} as const

/** tokens: those that are valid; more may be issued by the AppRole. */
export const vaultDouble = (tokens: Set<string> = new Set([transit.token])): Promise<KeyService> => {
  const vault = locker()
  return serve((request, body, service) => {
    const header = (name: string): string => String(request.headers[name] ?? '')
    if (request.method !== 'POST' || header('x-vault-request') !== 'true') return [400, { errors: ['bad request'] }]
    const given = JSON.parse(body) as Record<string, string>
    if (request.url === '/v1/auth/approle/login') {
      if (given['role_id'] !== transit.roleId || given['secret_id'] !== transit.secretId)
        return [400, { errors: ['invalid'] }]
      const token = `s.${randomBytes(6).toString('hex')}`
      tokens.add(token)
      return [200, { auth: { client_token: token, lease_duration: 60, renewable: true } }]
    }
    if (!tokens.has(header('x-vault-token')) || service.disabled) return [403, { errors: ['permission denied'] }]
    const [, verb, key] = /^\/v1\/transit\/(encrypt|decrypt)\/(.+)$/.exec(request.url ?? '') ?? []
    if (verb === undefined || key !== transit.key) return [404, { errors: [] }]
    const context = given['associated_data'] ?? ''
    if (context === '' || given['context'] !== context) return [400, { errors: ['no context'] }]
    if (verb === 'encrypt')
      return [
        200,
        { data: { ciphertext: `vault:v1:${vault.lock(given['plaintext'] ?? '', context)}`, key_version: 1 } },
      ]
    const plaintext = vault.open((given['ciphertext'] ?? '').replace(/^vault:v1:/, ''), context)
    return plaintext === null
      ? [400, { errors: ['cipher: message authentication failed'] }]
      : [200, { data: { plaintext } }]
  })
}

export const awsDouble = (): Promise<KeyService> => {
  const vault = locker()
  return serve((request, body, service) => {
    const header = (name: string): string => String(request.headers[name] ?? '')
    const refuse = (type: string): Reply => [400, { __type: type, message: 'refused' }]
    const parts =
      /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/kms\/aws4_request, SignedHeaders=([^,]+), Signature=([0-9a-f]{64})$/.exec(
        header('authorization'),
      )
    if (!parts) return refuse('IncompleteSignatureException')
    const [, id = '', day = '', region = '', names = '', signature = ''] = parts
    const stamp = header('x-amz-date')
    const when = Date.parse(stamp.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'))
    if (!(Math.abs(when - (Date.now() + service.skewMs)) < 300_000) || !stamp.startsWith(day))
      return refuse('InvalidSignatureException')
    const signed = names.split(';')
    const needed = ['host', 'x-amz-date', 'x-amz-target', 'content-type']
    if (id !== aws.accessKeyId || region !== aws.region || !needed.every((name) => signed.includes(name)))
      return refuse('UnrecognizedClientException')
    const canonical = `POST\n/\n\n${signed.map((name) => `${name}:${header(name).trim()}\n`).join('')}\n${names}\n${sha256(body)}`
    const toSign = `AWS4-HMAC-SHA256\n${stamp}\n${day}/${region}/kms/aws4_request\n${sha256(canonical)}`
    if (
      !same(
        createHmac('sha256', awsSigningKey(aws.secretAccessKey, day, region, 'kms'))
          .update(toSign)
          .digest('hex'),
        signature,
      )
    )
      return refuse('InvalidSignatureException')
    if (header('content-type') !== 'application/x-amz-json-1.1') return refuse('SerializationException')
    if (service.disabled) return refuse('DisabledException')
    const given = JSON.parse(body) as {
      KeyId?: string
      Plaintext?: string
      CiphertextBlob?: string
      EncryptionContext?: unknown
    }
    if (given.KeyId !== aws.keyId) return refuse('NotFoundException')
    const context = JSON.stringify(given.EncryptionContext ?? {})
    if (header('x-amz-target') === 'TrentService.Encrypt')
      return [200, { KeyId: aws.keyId, CiphertextBlob: vault.lock(given.Plaintext ?? '', context) }]
    if (header('x-amz-target') !== 'TrentService.Decrypt') return refuse('UnknownOperationException')
    const Plaintext = vault.open(given.CiphertextBlob ?? '', context)
    return Plaintext === null
      ? refuse('com.amazonaws.kms#InvalidCiphertextException')
      : [200, { KeyId: aws.keyId, Plaintext }]
  })
}

/** The signing key of Signature Version 4. */
export const awsSigningKey = (secret: string, day: string, region: string, service: string): Buffer => {
  const step = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text).digest()
  return step(step(step(step(`AWS4${secret}`, day), region), service), 'aws4_request')
}

export const aliyunDouble = (): Promise<KeyService> => {
  const vault = locker()
  const nonces = new Set<string>()
  return serve((request, body, service) => {
    const header = (name: string): string => String(request.headers[name] ?? '')
    const refuse = (status: number, Code: string): Reply => [status, { Code, Message: 'refused', RequestId: '1' }]
    const parts = /^ACS3-HMAC-SHA256 Credential=([^,]+),SignedHeaders=([^,]+),Signature=([0-9a-f]{64})$/.exec(
      header('authorization'),
    )
    if (!parts) return refuse(400, 'MissingSecurityHeader')
    const [, id = '', names = '', signature = ''] = parts
    if (id !== aliyun.accessKeyId) return refuse(404, 'InvalidAccessKeyId.NotFound')
    const when = Date.parse(header('x-acs-date'))
    if (
      !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(header('x-acs-date')) ||
      !(Math.abs(when - (Date.now() + service.skewMs)) < 900_000)
    )
      return refuse(400, 'InvalidTimeStamp.Expired')
    const signed = names.split(';')
    const all = Object.keys(request.headers)
      .filter((name) => name.startsWith('x-acs-'))
      .concat('host', 'content-type')
      .sort()
    if (JSON.stringify(signed) !== JSON.stringify(all) || header('x-acs-content-sha256') !== sha256(body))
      return refuse(400, 'SignatureDoesNotMatch')
    const canonical = [
      'POST',
      '/',
      '',
      ...signed.map((name) => `${name}:${header(name).trim()}`),
      '',
      names,
      sha256(body),
    ].join('\n')
    const expected = createHmac('sha256', aliyun.accessKeySecret)
      .update(`ACS3-HMAC-SHA256\n${sha256(canonical)}`)
      .digest('hex')
    if (!same(expected, signature)) return refuse(400, 'SignatureDoesNotMatch')
    const nonce = header('x-acs-signature-nonce')
    if (nonce === '' || nonces.has(nonce)) return refuse(400, 'SignatureNonceUsed')
    nonces.add(nonce)
    if (header('x-acs-version') !== '2016-01-20') return refuse(400, 'InvalidVersion')
    if (service.disabled) return refuse(400, 'Rejected.Disabled')
    const given = new URLSearchParams(body)
    const context = given.get('EncryptionContext') ?? ''
    if (header('x-acs-action') === 'Encrypt')
      return given.get('KeyId') === aliyun.keyId
        ? [
            200,
            { KeyId: aliyun.keyId, CiphertextBlob: vault.lock(given.get('Plaintext') ?? '', context), RequestId: '1' },
          ]
        : refuse(404, 'Forbidden.KeyNotFound')
    if (header('x-acs-action') !== 'Decrypt') return refuse(404, 'InvalidAction.NotFound')
    const Plaintext = vault.open(given.get('CiphertextBlob') ?? '', context)
    return Plaintext === null
      ? refuse(400, 'InvalidParameter')
      : [200, { KeyId: aliyun.keyId, Plaintext, RequestId: '1' }]
  })
}

const serve = async (work: Work): Promise<KeyService> => {
  const { key, cert } = await certificate()
  const service = {
    url: '',
    ca: cert,
    seen: [] as string[],
    next: [] as KeyService['next'],
    disabled: false,
    skewMs: 0,
    close: () => Promise.resolve(),
  }
  const server: Server = createServer({ key, cert, minVersion: 'TLSv1.3' }, (request, response) => {
    void bodyOf(request).then((body) => {
      const fate = service.next.shift()
      service.seen.push(String(fate ?? 'work'))
      if (fate === 'hang') return
      if (fate === 'drop') {
        request.socket.destroy()
        return
      }
      const throttled: Reply = [400, { __type: 'ThrottlingException', Code: 'Throttling.User' }]
      const [status, answer] =
        fate === 'throttle' ? throttled : typeof fate === 'number' ? [fate, {}] : work(request, body, service)
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer))
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  service.url = `https://localhost:${String((server.address() as AddressInfo).port)}`
  service.close = () =>
    new Promise((resolve) => {
      server.close(() => resolve())
      server.closeAllConnections()
    })
  return service
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const parts: Buffer[] = []
  for await (const part of request) parts.push(part as Buffer)
  return Buffer.concat(parts).toString('utf8')
}

/** Encrypts under a key of its own, bound to a context. */
const locker = (): {
  lock(plain: string, context: string): string
  open(sealed: string, context: string): string | null
} => {
  const key = randomBytes(32)
  return {
    lock: (plain, context) => {
      const nonce = randomBytes(12)
      const cipher = createCipheriv('aes-256-gcm', key, nonce).setAAD(Buffer.from(context))
      const body = Buffer.concat([cipher.update(Buffer.from(plain, 'base64')), cipher.final()])
      return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64')
    },
    open: (sealed, context) => {
      const bytes = Buffer.from(sealed, 'base64')
      if (bytes.length < 28) return null
      try {
        const cipher = createDecipheriv('aes-256-gcm', key, bytes.subarray(0, 12))
          .setAAD(Buffer.from(context))
          .setAuthTag(bytes.subarray(-16))
        return Buffer.concat([cipher.update(bytes.subarray(12, -16)), cipher.final()]).toString('base64')
      } catch {
        return null
      }
    },
  }
}

const certificate = async (): Promise<{ readonly key: string; readonly cert: string }> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
  x509.cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])
  const made = await x509.X509CertificateGenerator.createSelfSigned({
    name: 'CN=localhost',
    notBefore: new Date(Date.now() - 60_000),
    notAfter: new Date(Date.now() + 3_600_000),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'dns', value: 'localhost' }])],
  })
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)).toString('base64')
  // The words apart: a search for keys in the repository must find none.
  const armour = (edge: 'BEGIN' | 'END'): string => `-----${edge} PRIVATE KEY-----\n`
  return { key: `${armour('BEGIN')}${der}\n${armour('END')}`, cert: made.toString('pem') }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')
const same = (a: string, b: string): boolean => a.length === b.length && timingSafeEqual(Buffer.from(a), Buffer.from(b))
