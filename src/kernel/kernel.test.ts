// Values only, so properties can be asked of all of them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  and,
  base64url,
  canonical,
  concat,
  Fault,
  faults,
  fixedClock,
  fromBase64url,
  fromHex,
  hex,
  isUuid,
  newId,
  or,
  type Predicate,
  sameBytes,
  tlv,
  u16,
  u32,
  u64,
  uuidBytes,
  uuidFromBytes,
  writeUuid,
} from './index.ts'

const bytes = (): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength: 40 })

test('[kernel-1] different lists of parts have different TLV bytes', () => {
  const parts = fc.array(fc.tuple(fc.nat(5), bytes()), { maxLength: 4 })
  fc.assert(
    fc.property(parts, parts, (a, b) => {
      const same = a.length === b.length && a.every(([tag, value], i) => tag === b[i]?.[0] && sameBytes(value, b[i][1]))
      assert.equal(sameBytes(tlv(a), tlv(b)), same)
    }),
  )
})

test('[kernel-1] hex and base64url parse what they print and refuse the rest', () => {
  fc.assert(
    fc.property(bytes(), (value) => {
      assert.ok(sameBytes(fromHex(hex(value)), value))
      assert.ok(sameBytes(fromBase64url(base64url(value)), value))
    }),
  )
  for (const text of ['0', 'zz', '0x00', 'a ']) assert.throws(() => fromHex(text), RangeError)
  for (const text of ['AB', 'A', '+/8', 'AAA=', 'AA AA']) assert.throws(() => fromBase64url(text), RangeError)
  assert.deepEqual([...concat(u16(258), u32(1), u64(2n))], [1, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2])
  assert.throws(() => u16(65_536), RangeError)
  assert.throws(() => u64(-1n), RangeError)
})

test('[kernel-2] canonical JSON prints again what it parsed, sorts by UTF-16, and refuses what JSON cannot hold', () => {
  fc.assert(
    fc.property(fc.json(), (text) => {
      const value: unknown = JSON.parse(text)
      // An object key __proto__ is a setter, no member, in what JSON.parse is compared with.
      if (text.includes('__proto__')) return
      const once = canonical(value)
      assert.equal(canonical(JSON.parse(once)), once)
    }),
  )
  // RFC 8785 section 3.2.3, its sorting example.
  assert.equal(
    canonical({ '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 }),
    '{"\\r":2,"1":4,"\u0080":6,"ö":7,"€":1,"😀":5,"\ufb33":3}',
  )
  for (const value of [NaN, Infinity, '\ud800', () => 1, Symbol('a'), 1n])
    assert.throws(() => canonical(value), TypeError)
})

test('[kernel-3] ids are unique, version 7, and sort by the millisecond they were made in', () => {
  const ids = Array.from({ length: 1000 }, (_, i) => newId(1_700_000_000_000 + i))
  assert.deepEqual(ids.toSorted(), ids)
  assert.equal(new Set(Array.from({ length: 1000 }, () => newId(1))).size, 1000)
  for (const id of ids) {
    assert.ok(isUuid(id))
    assert.equal(id[14], '7')
    assert.equal(uuidFromBytes(uuidBytes(id)), id)
    const into = new Uint8Array(20)
    writeUuid(into, 3, id)
    assert.deepEqual(into.subarray(3, 19), uuidBytes(id))
  }
  assert.ok(!isUuid('01A00000-0000-7000-8000-000000000000'))
  assert.throws(() => uuidBytes('x'), RangeError)
  const whole = newId()
  for (const bad of ['x', '', `${whole}0`, whole.slice(1), whole.toUpperCase().replaceAll('0', 'A'), `${whole.slice(0, 35)}g`, whole.replace('-', '0'), `${whole.slice(0, 35)}-`])
    assert.throws(() => { writeUuid(new Uint8Array(16), 0, bad) }, RangeError, bad) // prettier-ignore
  const clock = fixedClock('2026-01-01T00:00:00Z')
  clock.advance(1500)
  assert.equal(clock.now().toISOString(), '2026-01-01T00:00:01.500Z')
})

test('[kernel-4] and, or fold constants and never change what is selected', () => {
  const atom = fc.constantFrom<Predicate>(
    { kind: 'true' },
    { kind: 'false' },
    { kind: 'null', column: 'a', negated: false },
    { kind: 'null', column: 'b', negated: true },
  )
  const truth = (p: Predicate, row: Readonly<Record<string, unknown>>): boolean => {
    switch (p.kind) {
      case 'true':
        return true
      case 'false':
        return false
      case 'and':
        return p.of.every((one) => truth(one, row))
      case 'or':
        return p.of.some((one) => truth(one, row))
      case 'null':
        return (row[p.column] === null) !== p.negated
      default:
        throw new Error('not in this test')
    }
  }
  fc.assert(
    fc.property(fc.array(atom, { maxLength: 5 }), fc.array(atom, { maxLength: 5 }), (a, b) => {
      for (const row of [
        { a: null, b: null },
        { a: 1, b: null },
        { a: null, b: 1 },
        { a: 1, b: 1 },
      ]) {
        const every = a.every((p) => truth(p, row))
        const some = b.some((p) => truth(p, row))
        assert.equal(truth(and(...a), row), every)
        assert.equal(truth(or(...b), row), some)
        assert.equal(truth(and(or(...b), ...a), row), every && some)
      }
    }),
  )
  assert.deepEqual(and(), { kind: 'true' })
  assert.deepEqual(or(), { kind: 'false' })
})

test('[kernel-5] every error has a status and a sentence in both languages that ask for the same details', () => {
  for (const [code, { status, en, zh }] of Object.entries(faults)) {
    assert.ok(status >= 400 && status < 600, code)
    assert.ok(en.length > 0 && /\p{Script=Han}|^(\{field\}：)?\{what\}$/u.test(zh), code)
    const names = (text: string): readonly string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort()
    assert.deepEqual(names(zh), names(en), code)
  }
  const fault = new Fault('port-in-use', { port: 8443 })
  assert.equal(fault.message, 'port 8443 is in use')
  assert.equal(fault.in('zh'), '端口 8443 已被占用')
  assert.equal(fault.status, 500)
})
