// A root key in a token, against SoftHSM: the real module in its own process.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { type FaultCode, isFault } from '#kernel'
import { meaning } from './provider/pkcs11-abi.ts'
import { createTokenKey, tokenProvider, type TokenSettings } from './provider/pkcs11.ts'
import { wrappedBy } from './provider/root.ts'

const module = ['/usr/lib/softhsm/libsofthsm2.so', '/usr/lib/x86_64-linux-gnu/softhsm/libsofthsm2.so'].find((path) =>
  existsSync(path),
)
const fault = (code: FaultCode) => (error: unknown) => isFault(error, code)

const withToken = async (work: (settings: TokenSettings, folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-hsm-'))
  const before = process.env['SOFTHSM2_CONF']
  try {
    await mkdir(join(folder, 'tokens'))
    await writeFile(
      join(folder, 'softhsm2.conf'),
      `directories.tokendir = ${join(folder, 'tokens')}\nobjectstore.backend = file\n`,
    )
    process.env['SOFTHSM2_CONF'] = join(folder, 'softhsm2.conf')
    const init = ['--init-token', '--free', '--label', 'holdfast', '--so-pin', '87654321', '--pin', '246810']
    execFileSync('softhsm2-util', init, { stdio: 'ignore' })
    await work({ module: module ?? '', token: 'holdfast', key: 'root', pin: () => Promise.resolve('246810') }, folder)
  } finally {
    if (before === undefined) delete process.env['SOFTHSM2_CONF']
    else process.env['SOFTHSM2_CONF'] = before
    await rm(folder, { recursive: true })
  }
}

test('[encryption-66] a key in a token wraps and unwraps, under its context alone, in a process of its own', async (t) => {
  if (!module) return t.skip('skipped: needs softhsm2')
  await withToken(async (settings, folder) => {
    await assert.rejects(tokenProvider(settings).check?.() ?? Promise.resolve(), fault('token-missing'))
    await createTokenKey(settings)
    await createTokenKey(settings)
    const provider = tokenProvider(settings)
    await provider.check?.()
    const key = new Uint8Array(32).fill(7)
    const wrapped = await provider.wrap(key, 'a')
    assert.equal(wrappedBy(wrapped), provider.fingerprint)
    assert.deepEqual(new Uint8Array(await provider.unwrap(wrapped, 'a')), key)
    await assert.rejects(provider.unwrap(wrapped, 'b'), fault('cell-does-not-open'))
    for (const at of [0, 1, 13, 30, wrapped.length - 1]) {
      const changed = new Uint8Array(wrapped)
      changed[at] = (changed[at] ?? 0) ^ 1
      await assert.rejects(provider.unwrap(changed, 'a'), fault('cell-does-not-open'))
    }
    const many = await Promise.all(Array.from({ length: 40 }, (_, i) => provider.wrap(new Uint8Array([i]), `c${i}`)))
    const back = await Promise.all(many.map((one, i) => provider.unwrap(one, `c${i}`)))
    assert.deepEqual(
      back.map(([byte]) => byte),
      back.map((_, i) => i),
    )
    // Pulled out, and put back.
    await rename(join(folder, 'tokens'), join(folder, 'away'))
    await mkdir(join(folder, 'tokens'))
    const gone = tokenProvider(settings)
    await assert.rejects(gone.unwrap(wrapped, 'a'), fault('token-missing'))
    await rm(join(folder, 'tokens'), { recursive: true })
    await rename(join(folder, 'away'), join(folder, 'tokens'))
    assert.deepEqual(new Uint8Array(await gone.unwrap(wrapped, 'a')), key)
    gone.close?.()
    provider.close?.()
    await assert.rejects(provider.wrap(key, 'a'), fault('keystore-locked'))
  })
})

test('[encryption-66] a wrong PIN, another token, another key and a module that is none are told apart', async (t) => {
  if (!module) return t.skip('skipped: needs softhsm2')
  await withToken(async (settings) => {
    await createTokenKey(settings)
    const check = (more: Partial<TokenSettings>): Promise<void> | undefined =>
      tokenProvider({ ...settings, ...more }).check?.()
    await assert.rejects(check({ pin: () => Promise.resolve('000000') }) ?? Promise.resolve(), fault('token-pin-wrong'))
    await assert.rejects(check({ token: 'other' }) ?? Promise.resolve(), fault('token-missing'))
    await assert.rejects(check({ key: 'other' }) ?? Promise.resolve(), fault('token-missing'))
    await assert.rejects(check({ module: '/nothing.so' }) ?? Promise.resolve(), fault('provider-away'))
  })
})

test('[encryption-66] a locked PIN and a wrong tag are what the token calls them', () => {
  assert.equal(meaning(0xa4n, false), 'pin-locked')
  assert.equal(meaning(0xa0n, false), 'pin-wrong')
  assert.equal(meaning(0xe0n, true), 'token')
  assert.equal(meaning(0xb3n, true), 'session')
  for (const code of [0x40n, 0x41n, 0x5n, 0x80000001n]) assert.equal(meaning(code, true), 'sealed')
})
