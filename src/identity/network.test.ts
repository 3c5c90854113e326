// Rule identity-5: which addresses are one network.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { networkOf, plainAddress } from './network.ts'

test('[identity-5] addresses of one network are one, in every spelling', () => {
  assert.equal(networkOf('192.0.2.7'), '192.0.2.0/24')
  assert.equal(networkOf('::ffff:192.0.2.200'), '192.0.2.0/24')
  assert.equal(networkOf('2001:db8:1:2ff::1'), networkOf('2001:0db8:0001:0200:ffff::9'))
  assert.notEqual(networkOf('2001:db8:1:2ff::1'), networkOf('2001:db8:1:300::1'))
  assert.equal(networkOf('::1'), networkOf('0:0:0:0:0:0:0:1'))
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1')
})

test('[identity-5] any address has a network and nothing fails', () => {
  fc.assert(
    fc.property(fc.oneof(fc.ipV4(), fc.ipV6(), fc.string()), (address) => {
      assert.equal(typeof networkOf(address), 'string')
    }),
  )
})
