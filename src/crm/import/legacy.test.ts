// An import of columns an old system sealed: read, checked by the rules of their field, refused rows back as they came.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openLegacyDecoder, parseLegacySpec } from '#encryption'
import { utf8 } from '#kernel'
import { openTestVault } from '../../../test/support/vault.ts'
import { createImport } from './run.ts'

// Sealed by `openssl enc -aes-128-ecb -K 30313233343536373839616263646566 -base64`.
const sealed = {
  wei: 'sVFykwjdMHQgmVb1uRNcnw==',
  mobile: 'hd99hofQdCiphRS6t694IQ==',
  nonsense: 'PA8jYCgc+3P9V3oqU5p+TQ==',
}

test('[crm-21] sealed columns become ordinary values; what does not decode or does not fit comes back sealed', async () => {
  const house = await openTestVault()
  const header = ['编号', '姓名', '手机']
  const spec = parseLegacySpec(
    { columns: { 姓名: { cipher: 'aes-128', mode: 'ecb' }, 手机: { cipher: 'aes-128', mode: 'ecb' } } },
    header,
  )
  const decoder = await openLegacyDecoder(spec, utf8('0123456789abcdef'))
  try {
    const stored: string[] = []
    const file = [
      header.join(','),
      `1,${sealed.wei},${sealed.mobile}`,
      `2,${sealed.wei},AAAAAAAAAAAAAAAAAAAAAA==`,
      `3,${sealed.wei},${sealed.nonsense}`,
    ].join('\n')
    const options = {
      type: 'contact',
      bytes: utf8(file),
      decoder,
      onStored: (ids: readonly string[]): Promise<void> => {
        stored.push(...ids)
        return Promise.resolve()
      },
    }
    const result = await createImport(house.vault).run(house.ann, options)
    assert.deepEqual([result.read, result.created, result.refused], [3, 1, 2])
    assert.match(result.refusedCsv ?? '', /第|does not decode under the old key/)
    assert.ok(String(result.refusedCsv).includes(sealed.nonsense))
    assert.ok(!String(result.refusedCsv).includes('quokka'))
    const [contact] = (await house.vault.list(house.ann, 'contact', { limit: 10 })).items
    assert.equal(contact?.values['name'], '张伟')
    assert.equal(contact.values['mobile'], '13800138001')
    assert.deepEqual(stored, [contact.id])
    assert.equal((await createImport(house.vault).run(house.ann, options)).unchanged, 1)
  } finally {
    decoder.close()
    await house.close()
  }
})
