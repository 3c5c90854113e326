// Rule identity-1: what is strong, what is not, and that judging never fails on any text.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { commonCount, isCommon } from './common.ts'
import { longestPassword, oneTimePassword, passwordStrength, shortestPassword } from './password.ts'

test('[identity-1] what people type first is refused, whatever they put round it', () => {
  for (const password of [
    'password',
    'Password2026!',
    'P@ssw0rd1234!',
    'admin123admin123',
    'qwertyuiop123456',
    '1qaz2wsx3edc4rfv',
    'aaaaaaaaaaaaaaaa',
    'abcabcabcabcabc',
    'Holdfast-2026-01',
    'welcome-welcome1',
    'woaini13141314520',
    '111122223333',
    'Zhongguo2026!!',
  ]) {
    const found = passwordStrength(password)
    assert.equal(found.ok, false, password)
    assert.ok(found.advice?.zh && found.advice.en)
  }
})

test('[identity-1] long and unrelated is accepted, in any script', () => {
  for (const password of [
    'correct horse battery staple',
    'vexed-otter-9-marble',
    'kM8#vq2!rT6z',
    '紫色的长颈鹿在月球上弹钢琴',
    'Tr4ktor&Kaktus_laeuft',
    'k4m2-x8hd-qq7t-9v3c',
  ]) {
    assert.deepEqual(passwordStrength(password), { ...passwordStrength(password), ok: true, advice: null }, password)
  }
})

test('[identity-1] the name, e-mail and organisation of the person count for little', () => {
  const about = ['王小明', 'ming.wanglei@example.org', 'Northwind Traders']
  assert.equal(passwordStrength('ming.wanglei-77', about).ok, false)
  assert.equal(passwordStrength('NorthwindTraders1!', about).ok, false)
  assert.match(passwordStrength('ming.wanglei-77', about).advice?.en ?? '', /your name/)
})

test('[identity-1] eleven characters are too few and 257 too many', () => {
  assert.equal(shortestPassword, 12)
  assert.equal(passwordStrength('kM8#vq2!rT6').ok, false)
  assert.equal(passwordStrength('x9'.repeat(longestPassword)).ok, false)
})

test('[identity-1] judging any text gives a score from 0 to 4, and what is accepted is long enough', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.array(fc.string(), { maxLength: 3 }),
      (text, about) => {
        const { ok, score, advice } = passwordStrength(text, about)
        assert.ok(Number.isInteger(score) && score >= 0 && score <= 4)
        assert.equal(ok, advice === null)
        if (ok) assert.ok(Array.from(text.normalize('NFKC')).length >= shortestPassword)
      },
    ),
  )
})

test('[identity-1] passwords made by us are strong and never alike', () => {
  const made = Array.from({ length: 200 }, oneTimePassword)
  assert.equal(new Set(made).size, 200)
  for (const password of made) {
    assert.match(password, /^([a-km-np-z2-8]{4}-){3}[a-km-np-z2-8]{4}$/)
    assert.ok(passwordStrength(password).ok, password)
  }
})

test('[identity-170] common passwords of both languages are refused, dressed up or not, and unusual ones are not', () => {
  assert.ok(commonCount() > 40_000)
  for (const password of [
    'q1w2e3r4t5y6',
    'mailcreated5240',
    'sojdlg123aljg',
    'GHHH47HJ7649',
    'leavemealone',
    'Le@vemealone!!',
    'woaini5201314',
    '5201314woaini',
    'zhangwei19900101',
    'wangxiaofang123456',
    'woaiwo13800138000',
    'baobei888888',
  ]) {
    const { ok, advice } = passwordStrength(password)
    assert.equal(ok, false, password)
    assert.ok(advice?.zh && advice.en)
  }
  assert.match(passwordStrength('woaini5201314').advice?.zh ?? '', /很多人/)
  for (const password of ['zhangwei-likes-17-turnips', 'moss-ferry-51-lantern', '月亮邮票七只螃蟹在唱歌跳舞'])
    assert.equal(passwordStrength(password).ok, true, password)
  for (const text of ['', '520', 'zhangwei-likes', 'mossferry']) assert.equal(isCommon(text), false, text)
})
