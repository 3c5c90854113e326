// PKCS #11 v2.40 as bytes on 64-bit machines: the few functions, numbers and structures that encrypting under a token's key takes.
// CK_ULONG has 8 bytes there and structures their natural alignment (OASIS, PKCS #11 Cryptographic Token Interface Base Specification).

/** Signatures for node:ffi: a CK_ULONG is a uint64, every pointer an address or a buffer. */
export const functions = {
  C_Initialize: { arguments: ['pointer'], return: 'uint64' },
  C_Finalize: { arguments: ['pointer'], return: 'uint64' },
  C_GetSlotList: { arguments: ['uint8', 'pointer', 'pointer'], return: 'uint64' },
  C_GetTokenInfo: { arguments: ['uint64', 'pointer'], return: 'uint64' },
  C_OpenSession: { arguments: ['uint64', 'uint64', 'pointer', 'pointer', 'pointer'], return: 'uint64' },
  C_CloseSession: { arguments: ['uint64'], return: 'uint64' },
  C_Login: { arguments: ['uint64', 'uint64', 'pointer', 'uint64'], return: 'uint64' },
  C_FindObjectsInit: { arguments: ['uint64', 'pointer', 'uint64'], return: 'uint64' },
  C_FindObjects: { arguments: ['uint64', 'pointer', 'uint64', 'pointer'], return: 'uint64' },
  C_FindObjectsFinal: { arguments: ['uint64'], return: 'uint64' },
  C_GenerateKey: { arguments: ['uint64', 'pointer', 'pointer', 'uint64', 'pointer'], return: 'uint64' },
  C_EncryptInit: { arguments: ['uint64', 'pointer', 'uint64'], return: 'uint64' },
  C_Encrypt: { arguments: ['uint64', 'pointer', 'uint64', 'pointer', 'pointer'], return: 'uint64' },
  C_DecryptInit: { arguments: ['uint64', 'pointer', 'uint64'], return: 'uint64' },
  C_Decrypt: { arguments: ['uint64', 'pointer', 'uint64', 'pointer', 'pointer'], return: 'uint64' },
} as const

/** CKR_ numbers that mean something to us. */
export const rv = {
  ok: 0x0n,
  deviceError: 0x30n,
  deviceRemoved: 0x32n,
  encryptedDataInvalid: 0x40n,
  encryptedDataLength: 0x41n,
  pinIncorrect: 0xa0n,
  pinLenRange: 0xa2n,
  pinExpired: 0xa3n,
  pinLocked: 0xa4n,
  sessionClosed: 0xb0n,
  sessionHandle: 0xb3n,
  tokenAbsent: 0xe0n,
  tokenUnknown: 0xe1n,
  loggedIn: 0x100n,
} as const

/** What a refusal of the token means to the product. */
export type Refusal = 'token' | 'pin-wrong' | 'pin-locked' | 'sealed' | 'session' | 'other'

export const meaning = (code: bigint, decrypting: boolean): Refusal => {
  if (code === rv.pinIncorrect || code === rv.pinLenRange) return 'pin-wrong'
  if (code === rv.pinLocked || code === rv.pinExpired) return 'pin-locked'
  if (code === rv.tokenAbsent || code === rv.tokenUnknown || code === rv.deviceRemoved || code === rv.deviceError)
    return 'token'
  if (code === rv.sessionClosed || code === rv.sessionHandle) return 'session'
  // A wrong tag is one of several numbers, after the module: none of them tells more than that the bytes do not open.
  return decrypting ? 'sealed' : 'other'
}

const word = 8

/** CK_ATTRIBUTE, in a row. The values must outlive the call. */
export const attributes = (
  list: readonly (readonly [type: number, value: Buffer])[],
  addressOf: (bytes: Buffer) => bigint,
): Buffer => {
  const out = Buffer.alloc(list.length * 3 * word)
  list.forEach(([type, value], i) => {
    const at = i * 3 * word
    out.writeBigUInt64LE(BigInt(type), at)
    out.writeBigUInt64LE(addressOf(value), at + word)
    out.writeBigUInt64LE(BigInt(value.length), at + 2 * word)
  })
  return out
}

/** CK_MECHANISM. */
export const mechanism = (type: number, parameter: Buffer | null, addressOf: (bytes: Buffer) => bigint): Buffer => {
  const out = Buffer.alloc(3 * word)
  out.writeBigUInt64LE(BigInt(type), 0)
  out.writeBigUInt64LE(parameter ? addressOf(parameter) : 0n, word)
  out.writeBigUInt64LE(BigInt(parameter?.length ?? 0), 2 * word)
  return out
}

/** CK_GCM_PARAMS (v2.40, with ulIvBits): a tag of 128 bits. */
export const gcmParameters = (iv: Buffer, aad: Buffer, addressOf: (bytes: Buffer) => bigint): Buffer => {
  const out = Buffer.alloc(6 * word)
  const words = [addressOf(iv), BigInt(iv.length), BigInt(iv.length * 8), addressOf(aad), BigInt(aad.length), 128n]
  words.forEach((value, i) => out.writeBigUInt64LE(value, i * word))
  return out
}

/** A CK_ULONG, and a CK_BBOOL. */
export const ulong = (value: number | bigint): Buffer => {
  const out = Buffer.alloc(word)
  out.writeBigUInt64LE(BigInt(value))
  return out
}
export const bool = (value: boolean): Buffer => Buffer.from([value ? 1 : 0])

export const cka = {
  class: 0x0,
  token: 0x1,
  private: 0x2,
  label: 0x3,
  keyType: 0x100,
  sensitive: 0x103,
  encrypt: 0x104,
  decrypt: 0x105,
  valueLen: 0x161,
  extractable: 0x162,
} as const
export const ckm = { aesKeyGen: 0x1080, aesGcm: 0x1087 } as const
export const secretKey = 4 // CKO_SECRET_KEY
export const aes = 0x1f // CKK_AES
