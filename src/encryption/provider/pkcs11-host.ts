// The process that loads a PKCS #11 module, so that foreign code never runs in the server: speaks length-prefixed JSON on standard input
// and output, one request at a time, and holds one session. Keeps encryption-66. Started by pkcs11.ts with --experimental-ffi.
import { randomBytes } from 'node:crypto'
import { writeSync } from 'node:fs'
import ffi from 'node:ffi'
import {
  aes,
  attributes,
  bool,
  cka,
  ckm,
  functions,
  gcmParameters,
  meaning,
  mechanism,
  type Refusal,
  rv,
  secretKey,
  ulong,
} from './pkcs11-abi.ts'

type Native = Readonly<Record<keyof typeof functions, (...args: readonly unknown[]) => bigint>>

class Refused extends Error {
  readonly why: Refusal
  constructor(why: Refusal) {
    super(why)
    this.why = why
  }
}

const addressOf = (bytes: Buffer): bigint => ffi.getRawPointer(bytes)
const nowhere = 0n

interface Place {
  readonly token: string
  readonly key: string
  readonly pin: string
}

class Token {
  readonly #c: Native
  #session: bigint | undefined
  #key: bigint | undefined

  constructor(module: string) {
    this.#c = ffi.dlopen(module, functions as never).functions
    // CKR_CRYPTOKI_ALREADY_INITIALIZED cannot be: this process is the module's alone.
    this.#demand(this.#c.C_Initialize(nowhere))
  }

  open({ token, key, pin }: Place, create: boolean): void {
    const slot = this.#slotOf(token)
    const session = Buffer.alloc(8)
    // CKF_SERIAL_SESSION, and CKF_RW_SESSION to make a key.
    this.#demand(this.#c.C_OpenSession(slot, create ? 6n : 4n, nowhere, nowhere, addressOf(session)))
    this.#session = session.readBigUInt64LE()
    const secret = Buffer.from(pin)
    // CKU_USER
    const answer = this.#c.C_Login(this.#session, 1n, addressOf(secret), BigInt(secret.length))
    secret.fill(0)
    if (answer !== rv.loggedIn) this.#demand(answer)
    this.#key = this.#find(key)
    if (this.#key !== undefined) return
    if (!create) throw new Refused('token')
    this.#key = this.#make(key)
  }

  encrypt(plain: Buffer, aad: Buffer): Buffer {
    const iv = randomBytes(12)
    const parameters = gcmParameters(iv, aad, addressOf)
    const how = mechanism(ckm.aesGcm, parameters, addressOf)
    const { session, key } = this.#opened()
    this.#demand(this.#c.C_EncryptInit(session, addressOf(how), key))
    const out = Buffer.alloc(plain.length + 16)
    const length = ulong(out.length)
    this.#demand(this.#c.C_Encrypt(session, addressOf(plain), BigInt(plain.length), addressOf(out), addressOf(length)))
    return Buffer.concat([iv, out.subarray(0, Number(length.readBigUInt64LE()))])
  }

  decrypt(sealed: Buffer, aad: Buffer): Buffer {
    if (sealed.length < 28) throw new Refused('sealed')
    // Copies: a view's address must be that of its own bytes.
    const iv = Buffer.from(sealed.subarray(0, 12))
    const body = Buffer.from(sealed.subarray(12))
    const parameters = gcmParameters(iv, aad, addressOf)
    const how = mechanism(ckm.aesGcm, parameters, addressOf)
    const { session, key } = this.#opened()
    this.#demand(this.#c.C_DecryptInit(session, addressOf(how), key))
    const out = Buffer.alloc(body.length)
    const length = ulong(out.length)
    this.#demand(
      this.#c.C_Decrypt(session, addressOf(body), BigInt(body.length), addressOf(out), addressOf(length)),
      true,
    )
    return out.subarray(0, Number(length.readBigUInt64LE()))
  }

  #opened(): { readonly session: bigint; readonly key: bigint } {
    if (this.#session === undefined || this.#key === undefined) throw new Refused('session')
    return { session: this.#session, key: this.#key }
  }

  // Tokens are found by their label, 32 bytes padded with spaces at the head of CK_TOKEN_INFO: slots are renumbered at will.
  #slotOf(label: string): bigint {
    const count = ulong(0)
    this.#demand(this.#c.C_GetSlotList(1, nowhere, addressOf(count)))
    const slots = Buffer.alloc(8 * Math.max(1, Number(count.readBigUInt64LE())))
    this.#demand(this.#c.C_GetSlotList(1, addressOf(slots), addressOf(count)))
    for (let i = 0; i < Number(count.readBigUInt64LE()); i++) {
      const slot = slots.readBigUInt64LE(8 * i)
      const info = Buffer.alloc(256)
      const answer = this.#c.C_GetTokenInfo(slot, addressOf(info))
      if (answer === rv.ok && info.subarray(0, 32).toString('utf8').trimEnd() === label) return slot
    }
    throw new Refused('token')
  }

  #find(label: string): bigint | undefined {
    const { session } = { session: this.#session ?? 0n }
    const values = [ulong(secretKey), ulong(aes), Buffer.from(label)] as const
    const template = attributes(
      [
        [cka.class, values[0]],
        [cka.keyType, values[1]],
        [cka.label, values[2]],
      ],
      addressOf,
    )
    this.#demand(this.#c.C_FindObjectsInit(session, addressOf(template), 3n))
    const found = Buffer.alloc(16)
    const count = ulong(0)
    this.#demand(this.#c.C_FindObjects(session, addressOf(found), 2n, addressOf(count)))
    this.#demand(this.#c.C_FindObjectsFinal(session))
    const n = Number(count.readBigUInt64LE())
    // Two keys of one name: which of them would open what the other sealed?
    if (n > 1) throw new Refused('other')
    return n === 1 ? found.readBigUInt64LE() : undefined
  }

  #make(label: string): bigint {
    const how = mechanism(ckm.aesKeyGen, null, addressOf)
    const yes = bool(true)
    const no = bool(false)
    const values: readonly (readonly [number, Buffer])[] = [
      [cka.class, ulong(secretKey)],
      [cka.keyType, ulong(aes)],
      [cka.valueLen, ulong(32)],
      [cka.label, Buffer.from(label)],
      [cka.token, yes],
      [cka.private, yes],
      [cka.sensitive, yes],
      [cka.extractable, no],
      [cka.encrypt, yes],
      [cka.decrypt, yes],
    ]
    const template = attributes(values, addressOf)
    const key = Buffer.alloc(8)
    this.#demand(
      this.#c.C_GenerateKey(
        this.#session ?? 0n,
        addressOf(how),
        addressOf(template),
        BigInt(values.length),
        addressOf(key),
      ),
    )
    return key.readBigUInt64LE()
  }

  #demand(code: bigint, decrypting = false): void {
    if (code !== rv.ok) throw new Refused(meaning(code, decrypting))
  }
}

interface Request {
  readonly op: 'open' | 'encrypt' | 'decrypt'
  readonly module?: string
  readonly place?: Place
  readonly create?: boolean
  readonly data?: string
  readonly aad?: string
}

let token: Token | undefined

const answer = (request: Request): Readonly<Record<string, string>> => {
  try {
    if (request.op === 'open') {
      token ??= new Token(request.module ?? '')
      token.open(request.place ?? { token: '', key: '', pin: '' }, request.create === true)
      return {}
    }
    if (!token) throw new Refused('session')
    const data = Buffer.from(request.data ?? '', 'base64')
    const aad = Buffer.from(request.aad ?? '', 'base64')
    const out = request.op === 'encrypt' ? token.encrypt(data, aad) : token.decrypt(data, aad)
    return { data: out.toString('base64') }
  } catch (error) {
    return { refused: error instanceof Refused ? error.why : 'module' }
  }
}

const reply = (value: unknown): void => {
  const body = Buffer.from(JSON.stringify(value))
  const head = Buffer.alloc(4)
  head.writeUInt32BE(body.length)
  writeSync(1, Buffer.concat([head, body]))
}

let waiting = Buffer.alloc(0)
process.stdin.on('data', (part: Buffer) => {
  waiting = Buffer.concat([waiting, part])
  while (waiting.length >= 4 && waiting.length >= 4 + waiting.readUInt32BE()) {
    const end = 4 + waiting.readUInt32BE()
    const request = JSON.parse(waiting.toString('utf8', 4, end)) as Request
    waiting = waiting.subarray(end)
    reply(answer(request))
  }
})
process.stdin.on('end', () => process.exit(0))
