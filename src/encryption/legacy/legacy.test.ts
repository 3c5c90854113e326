// Old ciphers read in a process of their own: published answers, every form a column may have, and what is refused.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { createCipheriv } from 'node:crypto'
import { once } from 'node:events'
import { rm } from 'node:fs/promises'
import { type AddressInfo, createServer } from 'node:net'
import { dirname } from 'node:path'
import { text } from 'node:stream/consumers'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { isFault } from '#kernel'
import { decodeCell } from './cipher.ts'
import { confined, confinement, openLegacyDecoder, pastBirthday, sweet32Blocks } from './decoder.ts'
import {
  type LegacyColumn,
  legacyCharsets,
  legacyCiphers,
  legacyEncodings,
  legacyKey,
  keyLengths,
  parseLegacySpec,
} from './spec.ts'

const plain: LegacyColumn = {
  index: 0,
  cipher: 'des',
  mode: 'ecb',
  iv: 'none',
  padding: 'none',
  encoding: 'hex',
  charset: 'utf-8',
}
const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex')

// Values below are bytes that are not text; latin1 out of the cipher alone shows them.
const raw = (column: LegacyColumn, key: string, cell: string): string | null =>
  decodeCell({ ...column, padding: 'none' }, bytes(key), cell, [cell])

test('[encryption-40] published answers: DES, 3DES and AES', () => {
  // FIPS 46-3 through des-ede3 with three equal keys: 0123456789ABCDEF is not text, so it is wrapped by a second block that is.
  const des = createCipheriv('des-ede3', Buffer.concat(Array(3).fill(bytes('133457799BBCDFF1'))), null)
  des.setAutoPadding(false)
  assert.equal(des.update(bytes('0123456789ABCDEF')).toString('hex'), '85e813540f0ab405')
  // FIPS 81 appendix B, "Now is the time for all " under 0123456789ABCDEF: ECB and CBC.
  assert.equal(
    raw(plain, '0123456789abcdef', '3fa40e8a984d48156a271787ab8883f9893d51ec4b563b53'),
    'Now is the time for all ',
  )
  assert.equal(
    raw(
      { ...plain, mode: 'cbc', iv: { hex: '1234567890abcdef' } },
      '0123456789abcdef',
      'e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6',
    ),
    'Now is the time for all ',
  )
  // MySQL: select hex(aes_encrypt('text', 'password')) by its documented folding of the key, AES-128-ECB, PKCS#7.
  const key = legacyKey({ columns: [{ ...plain, cipher: 'aes-128' }], derive: 'mysql' }, Buffer.from('password'))
  assert.equal(Buffer.from(key).toString('latin1'), 'password\0\0\0\0\0\0\0\0')
})

const column = fc
  .record({
    cipher: fc.constantFrom(...legacyCiphers),
    mode: fc.constantFrom('ecb' as const, 'cbc' as const),
    ivKind: fc.constantFrom('zero' as const, 'prefix' as const, 'hex' as const, 'column' as const),
    padding: fc.constantFrom('pkcs7' as const, 'zero' as const),
    encoding: fc.constantFrom(...legacyEncodings),
    charset: fc.constantFrom(...legacyCharsets),
    ivBytes: fc.uint8Array({ minLength: 16, maxLength: 16 }),
    long: fc.boolean(),
  })
  .chain((shape) =>
    fc.record({
      shape: fc.constant(shape),
      key: fc.uint8Array({ minLength: 32, maxLength: 32 }).map((key) => {
        const lengths = keyLengths(shape.cipher)
        return key.slice(0, (shape.long ? lengths.at(-1) : lengths[0]) ?? 16)
      }),
      // What both charsets hold: ASCII and common Han.
      text: fc.string({
        unit: fc.constantFrom(...Array.from('张伟李娜客户13800138001@example.com -\n')),
        minLength: 1,
        maxLength: 60,
      }),
    }),
  )

const gb18030: ReadonlyMap<string, string> = new Map(
  Object.entries({ 张: 'd5c5', 伟: 'ceb0', 李: 'c0ee', 娜: 'c4c8', 客: 'bfcd', 户: 'bba7' }),
)
const encoded = (charset: string, text: string): Uint8Array =>
  charset === 'utf-8'
    ? Buffer.from(text, 'utf8')
    : Buffer.concat(
        Array.from(text, (c) => Buffer.from(gb18030.get(c) ?? c.charCodeAt(0).toString(16).padStart(2, '0'), 'hex')),
      )

test('[encryption-40] whatever an old system sealed in one of these forms is read back', () => {
  fc.assert(
    fc.property(column, ({ shape, key, text }) => {
      const { cipher, mode, ivKind, padding, encoding, charset, ivBytes } = shape
      const block = cipher.startsWith('aes') ? 16 : 8
      const iv = mode === 'ecb' ? null : ivKind === 'zero' ? Buffer.alloc(block) : Buffer.from(ivBytes.slice(0, block))
      const des = key.length === 8 ? [key, key, key] : key.length === 16 ? [key, key.slice(0, 8)] : [key]
      const name = cipher.startsWith('aes') ? `${cipher}-${mode}` : mode === 'ecb' ? 'des-ede3' : 'des-ede3-cbc'
      const sealer = createCipheriv(name, cipher.startsWith('aes') ? key : Buffer.concat(des), iv)
      let body = encoded(charset, text)
      if (padding === 'zero') body = Buffer.concat([body, Buffer.alloc((block - (body.length % block)) % block)])
      sealer.setAutoPadding(padding === 'pkcs7')
      const sealed = Buffer.concat([sealer.update(body), sealer.final()])
      const cell = Buffer.concat([mode === 'cbc' && ivKind === 'prefix' && iv ? iv : Buffer.alloc(0), sealed])
      const legacy: LegacyColumn = {
        index: 0,
        cipher,
        mode,
        padding,
        encoding,
        charset,
        iv:
          mode === 'ecb'
            ? 'none'
            : ivKind === 'hex'
              ? { hex: iv?.toString('hex') ?? '' }
              : ivKind === 'column'
                ? { column: 1 }
                : ivKind,
      }
      const written = cell.toString(encoding)
      assert.equal(decodeCell(legacy, key, written, [written, iv?.toString(encoding) ?? '']), text)
    }),
    { numRuns: 300 },
  )
})

test('[encryption-40] what does not decode is null, never noise', () => {
  const aes: LegacyColumn = { ...plain, cipher: 'aes-256', mode: 'cbc', iv: 'prefix', padding: 'pkcs7' }
  const key = Buffer.alloc(32, 7)
  for (const cell of ['zz', 'abc', '00', '00'.repeat(15), '00'.repeat(16), '00'.repeat(33)])
    assert.equal(decodeCell(aes, key, cell, [cell]), null, cell)
  assert.equal(decodeCell(aes, key, '', ['']), '')
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.string({ maxLength: 40 }), (other, text) => {
      const sealer = createCipheriv('aes-256-cbc', Buffer.from(other), Buffer.alloc(16))
      const cell = Buffer.concat([Buffer.alloc(16), sealer.update(text, 'utf8'), sealer.final()]).toString('hex')
      const read = decodeCell(aes, key, cell, [cell])
      // One padding in 256 fits by chance; what then comes out must still be text.
      assert.ok(read === null || Buffer.compare(other, key) === 0 || read.length < 32)
    }),
  )
})

test('[encryption-40] the decoder runs in a process that may open no file, socket or process', async () => {
  const spec = parseLegacySpec({ columns: { phone: { cipher: '3des', mode: 'ecb', encoding: 'hex' } } }, [
    'name',
    'phone',
  ])
  const key = Buffer.from('0123456789abcdef')
  const sealer = createCipheriv('des-ede3', Buffer.concat([key, key.subarray(0, 8)]), null)
  const cell = Buffer.concat([sealer.update('13800138001'), sealer.final()]).toString('hex')
  const decoder = await openLegacyDecoder(spec, key)
  try {
    assert.deepEqual(
      await decoder.decode([
        ['A', cell],
        ['B', 'ffff'],
        ['C', ''],
      ]),
      [['13800138001'], [null], ['']],
    )
    assert.equal(decoder.blocks(), 3)
    assert.deepEqual(decoder.columns, [1])
  } finally {
    decoder.close()
  }
  await assert.rejects(decoder.decode([['A', cell]]), (error) => isFault(error, 'decoder-stopped'))
  // The same confinement round a script that tries: nothing gets through, and without it something would.
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  const { port } = listener.address() as AddressInfo
  const script = fileURLToPath(new URL('./fixtures/escape.ts', import.meta.url))
  const through = async (flags: readonly string[]): Promise<readonly string[]> => {
    const child = spawn(process.execPath, [...flags, script, String(port)], confinement)
    assert.ok(child.stdout)
    const [out] = await Promise.all([text(child.stdout), once(child, 'exit')])
    return JSON.parse(out) as string[]
  }
  try {
    assert.deepEqual(await through(confined(dirname(script))), [])
    assert.ok((await through(['--no-warnings'])).includes('socket'))
  } finally {
    listener.close()
    await rm(new URL('./fixtures/written', import.meta.url), { force: true })
  }
})

test('[encryption-40] a specification that cannot be is refused in words', async () => {
  const header = ['name', 'phone', 'iv']
  const refused = (columns: unknown, what: RegExp): void => {
    assert.throws(
      () => parseLegacySpec({ columns }, header),
      (error) => isFault(error, 'bad-input') && what.test(error.message),
    )
  }
  refused({}, /no column/)
  refused({ mobile: { cipher: 'des', mode: 'ecb' } }, /not in the file/)
  refused({ phone: { cipher: 'rc4', mode: 'ecb' } }, /cipher is one of/)
  refused({ phone: { cipher: 'des', mode: 'ctr' } }, /mode is one of/)
  refused({ phone: { cipher: 'des', mode: 'ecb', iv: 'zero' } }, /ecb takes no iv/)
  refused({ phone: { cipher: 'des', mode: 'cbc', iv: { hex: '00' } } }, /8 bytes/)
  await assert.rejects(
    openLegacyDecoder(
      parseLegacySpec({ columns: { phone: { cipher: 'aes-256', mode: 'ecb' } } }, header),
      Buffer.alloc(16),
    ),
    (error) => isFault(error, 'legacy-key-length') && /instead of 32/.test(error.message),
  )
  const des = parseLegacySpec({ columns: { 1: { cipher: 'des', mode: 'cbc', iv: { column: 'iv' } } } }, header)
  assert.equal(pastBirthday(des, sweet32Blocks), false)
  assert.equal(pastBirthday(des, sweet32Blocks + 1), true)
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      try {
        parseLegacySpec(value, header)
      } catch (error) {
        assert.ok(isFault(error, 'bad-input'))
      }
    }),
  )
})

test('[encryption-40] a program names columns by place, whatever the headings are called', () => {
  const columns = { 1: { cipher: 'des', mode: 'cbc', iv: { column: 0 } } }
  const [byPlace] = parseLegacySpec({ columns }, ['1', '0'], 'place').columns
  const [byHeading] = parseLegacySpec({ columns }, ['1', '0']).columns
  assert.deepEqual([byPlace?.index, byPlace?.iv], [1, { column: 0 }])
  assert.deepEqual([byHeading?.index, byHeading?.iv], [0, { column: 1 }])
  assert.throws(
    () => parseLegacySpec({ columns: { phone: columns[1] } }, ['phone'], 'place'),
    (error) => isFault(error, 'bad-input'),
  )
})
