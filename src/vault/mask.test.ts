// What stays visible behind the mask of each kind of value, Chinese and foreign.
import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { type Field, type FieldKind } from '#kernel'
import { catalogue } from '#testing'
import { mask } from './mask.ts'

const like = catalogue.types.flatMap((type) => type.fields).find((field) => field.storage === 'sealed')
const of = (kind: FieldKind): Field => ({ ...(like as Field), kind })
const masked = (kind: FieldKind, pairs: readonly (readonly [string, string])[]): void => {
  for (const [plain, shown] of pairs) assert.equal(mask(of(kind), plain), shown, plain)
}

test('[vault-150] a phone keeps three and four digits where it is a Chinese mobile, else its last two', () => {
  masked('phone', [
    ['13800138001', '138****8001'],
    ['+86 138 0013 8001', '138****8001'],
    ['0086-13800138001', '138****8001'],
    ['１３８００１３８００１', '138****8001'],
    ['13800138001 转 22', '138****8001'],
    ['010-88886666', '****66'],
    ['+1 (415) 555-2671', '****71'],
    ['+44 20 7946 0018 ext. 4', '****18'],
    ['110', '****'],
  ])
})

test('[vault-150] e-mail, name, identity number and account keep no more than says which of several it is', () => {
  masked('email', [
    ['zhang.wei@example.com', 'z***@example.com'],
    ['ab@example.com', '***@example.com'],
    ['a@example.com', '***@example.com'],
    ['no address', '***'],
  ])
  masked('name', [
    ['张伟', '张**'],
    ['欧阳娜娜', '欧阳**'],
    ['欧阳', '欧**'],
    ['Maria Lopez', 'M**'],
    ['王', '**'],
    ['㌀!', 'ア**'],
    ['𠮷田', '𠮷**'],
  ])
  masked('idnumber', [
    ['11010519491231002X', '110****002X'],
    ['91350211M000100Y43', '913****0Y43'],
    ['110105 19491231 002X', '110****002X'],
    ['123-45-6789', '****89'],
    ['E12345678', '****78'],
    ['1234567', '****'],
  ])
  masked('bankcard', [
    ['6222 0212 3456 7890 123', '****0123'],
    ['DE89 3704 0044 0532 0130 00', '****3000'],
    ['12345678', '****78'],
    ['12345', '****'],
  ])
})

test('[vault-150] an address keeps province and city where it begins with them, and never the house', () => {
  masked('address', [
    ['广东省深圳市南山区科技园路1号', '广东省深圳市****'],
    ['北京市朝阳区建国路88号', '北京市****'],
    ['上海浦东新区世纪大道100号', '上海****'],
    ['内蒙古自治区锡林郭勒盟某旗', '内蒙古自治区锡林郭勒盟****'],
    ['香港特别行政区中环德辅道1号', '香港特别行政区****'],
    ['科技园路1号', '****'],
    ['221B Baker Street, London', '****'],
    ['12 Main St', '****'],
  ])
  masked('text', [
    ['wxid_88', 'w****'],
    ['abc', '****'],
    ['一二三四五六七八九', '一二****'],
    ['㌀㌀aaaaaa', 'アパ****'],
    ['ab!!!!!!!!', '****'],
  ])
  assert.equal(mask(of('url'), 'https://zhangwei.example'), '****')
  assert.equal(mask(of('date'), '1990-01-02'), '****-**-**')
  assert.equal(mask(of('money'), 5), '***')
  assert.equal(mask(of('phone'), null), null)
})

test('[vault-150] whatever the value, a mask is never the value, and keeps at most half of its letters and digits', () => {
  const kinds: readonly FieldKind[] = ['phone', 'name', 'idnumber', 'bankcard', 'text', 'longtext', 'company']
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.oneof(fc.string({ unit: 'grapheme', minLength: 1 }), fc.stringMatching(/^\d{1,30}$/)), (kind, value) => {
      const shown = mask(of(kind), value)
      assert.ok(typeof shown === 'string' && shown !== value)
      const signs = (text: string): number => text.normalize('NFKC').match(/[\p{L}\p{N}]/gu)?.length ?? 0
      // A Chinese mobile shows seven of eleven, and a name one letter: that is what the words for them promise.
      const most = kind === 'phone' ? 7 : kind === 'name' ? 2 : Math.ceil(signs(value) / 2)
      assert.ok(signs(shown) <= most, `${kind} ${value} ${shown}`)
    }),
    { numRuns: 5000, examples: [['bankcard', '𐀀!‐↊/𐀀𐀀ﰀ'], ['bankcard', '!!!!!!!!12ab'], ['name', '㌀!']] },
  ) // prettier-ignore
})
