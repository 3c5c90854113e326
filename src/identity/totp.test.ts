// Rule identity-6: the vectors of RFC 6238 appendix B and RFC 4648, and that a code is good once.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8 } from '#kernel'
import { base32, totpCode, totpMatch, totpStep, totpUri } from './totp.ts'

const secret = utf8('12345678901234567890')

test('[identity-6] the vectors of RFC 6238 come out', () => {
  const vectors: readonly [number, string][] = [
    [59, '94287082'],
    [1_111_111_109, '07081804'],
    [1_111_111_111, '14050471'],
    [1_234_567_890, '89005924'],
    [2_000_000_000, '69279037'],
    [20_000_000_000, '65353130'],
  ]
  for (const [seconds, code] of vectors) {
    assert.equal(totpCode(secret, totpStep(new Date(seconds * 1000)), 8), code)
    assert.equal(totpCode(secret, totpStep(new Date(seconds * 1000))), code.slice(2))
  }
})

test('[identity-6] one step of drift is accepted, two are not, and a spent step is refused', () => {
  const now = new Date(1_234_567_890_000)
  const step = totpStep(now)
  for (const near of [step - 1n, step, step + 1n])
    assert.equal(totpMatch(secret, totpCode(secret, near), now, null), near)
  for (const far of [step - 2n, step + 2n]) assert.equal(totpMatch(secret, totpCode(secret, far), now, null), null)
  assert.equal(totpMatch(secret, totpCode(secret, step), now, step), null)
  for (const wrong of ['', '12345', '1234567', 'abcdef', '００００００'])
    assert.equal(totpMatch(secret, wrong, now, null), null)
})

test('[identity-6] base32 follows RFC 4648', () => {
  const vectors = ['', 'MY', 'MZXQ', 'MZXW6', 'MZXW6YQ', 'MZXW6YTB', 'MZXW6YTBOI']
  vectors.forEach((expected, n) => assert.equal(base32(utf8('foobar'.slice(0, n))), expected))
  assert.match(
    totpUri(secret, 'Holdfast', '李 雷@x'),
    /^otpauth:\/\/totp\/Holdfast:%E6%9D%8E%20%E9%9B%B7%40x\?secret=GEZD/,
  )
})
