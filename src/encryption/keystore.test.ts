// The file keystore: who may read it, what opens it, what a crash leaves, and the recovery sheet.
import assert from 'node:assert/strict'
import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { inspect } from 'node:util'
import fc from 'fast-check'
import { base64url, type FaultCode, hex, isFault, newId, utf8 } from '#kernel'
import { ed25519Verify } from './curve.ts'
import { createEpoch, openEpoch } from './epoch.ts'
import { createKeys, type Keys, openKeys, recoverKeys } from './provider/file.ts'
import { blockBytes, blockText } from './provider/crockford.ts'
import { keystoreOf } from './provider/keystore.ts'
import { rootKeyOf, wrapUnder } from './provider/root.ts'
import { parseSheet, sheetOf } from './provider/sheet.ts'

const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-keys-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const fault = (code: FaultCode) => (error: unknown) => isFault(error, code)
const modeOf = async (path: string): Promise<number> => (await stat(path)).mode & 0o777

test('[encryption-12] a fresh keystore opens again, with the same root, signers and secrets', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'a', 'keys')
    const { keys, sheet } = await createKeys(directory)
    const signer = await keys.signer('journal')
    const secret = await keys.secret('throttle')
    const row = await createEpoch(keys.provider, newId(), 1, 1)
    keys.close()
    const again = await openKeys(directory)
    assert.equal(again.provider.fingerprint, sheet.fingerprint)
    assert.match(sheet.fingerprint, /^([0-9A-HJKMNP-TV-Z]{4}-){3}[0-9A-HJKMNP-TV-Z]{4}$/)
    await openEpoch(again.provider, row)
    const same = await again.signer('journal')
    assert.deepEqual(same.publicKey, signer.publicKey)
    assert.ok(ed25519Verify(signer.publicKey, utf8('x'), same.sign(utf8('x'))))
    assert.deepEqual(await again.secret('throttle'), secret)
    assert.notDeepEqual(await again.secret('other'), secret)
    assert.equal(await modeOf(directory), 0o700)
    for (const name of await readdir(directory)) assert.equal(await modeOf(join(directory, name)), 0o600, name)
  }))

test('[encryption-12] asked at the same time, or wiped by its caller, a secret stays what it is', () =>
  inFolder(async (folder) => {
    const { keys } = await createKeys(join(folder, 'keys'))
    const [first, second, s1, s2] = await Promise.all([
      keys.secret('a'),
      keys.secret('a'),
      keys.signer('a'),
      keys.signer('a'),
    ])
    assert.deepEqual(first, second)
    assert.deepEqual(s1.publicKey, s2.publicKey)
    first.fill(0)
    assert.deepEqual(await keys.secret('a'), second)
    assert.deepEqual((await keys.signer('a')).publicKey, s1.publicKey)
    for (const name of ['', '../x', 'A', 'a/b', 'a'.repeat(41)]) await assert.rejects(keys.secret(name), RangeError)
  }))

test('[encryption-12] a missing directory or file is keystore-missing', () =>
  inFolder(async (folder) => {
    await assert.rejects(openKeys(join(folder, 'none')), fault('keystore-missing'))
    await chmod(folder, 0o700)
    await assert.rejects(openKeys(folder), fault('keystore-missing'))
    await writeFile(join(folder, 'file'), '')
    await assert.rejects(openKeys(join(folder, 'file')), fault('keystore-missing'))
  }))

test('[encryption-12] a file that others can read, or a directory they can write to, is keystore-unsafe', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    await keys.secret('throttle')
    const file = join(directory, 'keystore.json')
    for (const mode of [0o640, 0o604, 0o644, 0o660, 0o602, 0o610]) {
      await chmod(file, mode)
      await assert.rejects(openKeys(directory), fault('keystore-unsafe'), mode.toString(8))
    }
    await chmod(file, 0o600)
    for (const mode of [0o770, 0o702, 0o777]) {
      await chmod(directory, mode)
      await assert.rejects(openKeys(directory), fault('keystore-unsafe'))
    }
    await chmod(directory, 0o755)
    await chmod(join(directory, 'secret-throttle.json'), 0o644)
    await assert.rejects((await openKeys(directory)).secret('throttle'), fault('keystore-unsafe'))
  }))

test('[encryption-13] what a process left that died while it wrote a key goes with the next change of the keystore', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    const file = join(directory, 'keystore.json')
    const left = `${file}.0123456789ab.tmp`
    await writeFile(left, await readFile(file), { mode: 0o600 })
    await keys.protect({ kind: 'passphrase', passphrase: 'a lock for the file' })
    assert.deepEqual(await readdir(directory), ['keystore.json'])
    // Swept away under a writer, its file is written once more.
    const { keys: other } = await createKeys(join(folder, 'other'))
    await Promise.all([other.secret('a'), other.addRoot('as-before'), other.secret('b'), other.secret('c')])
    assert.equal((await readdir(other.directory)).length, 4)
  }))

test('[encryption-12] under a passphrase it opens with that one only, and the file does not hold the key', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys, sheet } = await createKeys(directory, { passphrase: 'caf\u00e9 au lait' })
    keys.close()
    assert.equal(
      (await openKeys(directory, { passphrase: 'cafe\u0301 au lait' })).provider.fingerprint,
      sheet.fingerprint,
    )
    for (const wrong of [{ passphrase: 'cafe au lait' }, { passphrase: '' }, {}]) {
      await assert.rejects(openKeys(directory, wrong), fault('keystore-locked'))
    }
    const text = await readFile(join(directory, 'keystore.json'), 'utf8')
    const raw = parseSheet(sheet.blocks)
    assert.ok(!text.includes(base64url(raw)) && !text.includes(hex(raw)))
    await assert.rejects(createKeys(join(folder, 'other'), { passphrase: '' }), fault('bad-input'))
  }))

test('[encryption-12] a damaged, foreign or newer file is keystore-locked', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    await keys.signer('journal')
    const file = join(directory, 'keystore.json')
    const good = await readFile(file, 'utf8')
    const store = JSON.parse(good) as { keys: { key: string }[] }
    const other = await keystoreOf(new Uint8Array(32).fill(1), '2026-01-01T00:00:00.000Z')
    const damaged = [
      '',
      '{',
      'null',
      '[]',
      '{}',
      good.slice(0, -20),
      good.replace('"version": 1', '"version": 2'),
      good.replace('machine', 'magic'),
      good.replace('holdfast-keystore', 'other'),
      JSON.stringify({ ...store, primary: 'XXXX' }),
      JSON.stringify({ ...store, keys: [] }),
      JSON.stringify({ ...store, keys: [null] }),
      JSON.stringify({ ...store, keys: [{ ...store.keys[0], key: base64url(new Uint8Array(32)) }] }),
      JSON.stringify({ ...store, keys: [{ ...store.keys[0], key: base64url(new Uint8Array(31)) }] }),
    ]
    for (const text of damaged) {
      await writeFile(file, text)
      await assert.rejects(openKeys(directory), fault('keystore-locked'), text.slice(0, 40))
    }
    await writeFile(file, JSON.stringify(other))
    await assert.rejects((await openKeys(directory)).signer('journal'), fault('keystore-foreign'))
    await writeFile(file, good)
    const named = join(directory, 'signer-journal.json')
    await writeFile(named, (await readFile(named, 'utf8')).replace('"name": "journal"', '"name": "backup"'))
    await assert.rejects((await openKeys(directory)).signer('journal'), fault('keystore-locked'))
  }))

test('[encryption-12] with several root keys the primary wraps and all unwrap', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    const old = await keys.provider.wrap(new Uint8Array(32).fill(5), 'x')
    const signer = await keys.signer('journal')
    const file = join(directory, 'keystore.json')
    const store = JSON.parse(await readFile(file, 'utf8')) as { keys: unknown[] }
    const next = await keystoreOf(new Uint8Array(32).fill(1), '2026-01-01T00:00:00.000Z')
    await writeFile(file, JSON.stringify({ ...next, keys: [...store.keys, ...next.keys] }))
    const both = await openKeys(directory)
    assert.equal(both.provider.fingerprint, next.primary)
    assert.deepEqual(await both.provider.unwrap(old, 'x'), new Uint8Array(32).fill(5))
    await assert.rejects(both.provider.unwrap(old, 'y'), fault('cell-does-not-open'))
    assert.deepEqual((await both.signer('journal')).publicKey, signer.publicKey)
    // A process that was open before reads the file again when it meets a root key it does not know.
    const wrapped = await both.provider.wrap(new Uint8Array(32).fill(6), 'x')
    assert.deepEqual(await keys.provider.unwrap(wrapped, 'x'), new Uint8Array(32).fill(6))
    assert.equal(keys.provider.fingerprint, next.primary)
    const foreign = wrapUnder(rootKeyOf(new Uint8Array(32).fill(2)), new Uint8Array(32), 'x')
    await assert.rejects(keys.provider.unwrap(foreign, 'x'), fault('keystore-foreign'))
  }))

test('[encryption-13] a keystore is never overwritten, and no temporary file stays', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    await mkdir(directory, { mode: 0o755 })
    await writeFile(join(directory, 'backup.identity'), 'x', { mode: 0o600 })
    const made = await Promise.allSettled(Array.from({ length: 4 }, () => createKeys(directory)))
    const [won, ...more] = made.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []))
    assert.ok(won && more.length === 0)
    for (const each of made) if (each.status === 'rejected') assert.ok(isFault(each.reason, 'already-exists'))
    assert.equal((await openKeys(directory)).provider.fingerprint, won.sheet.fingerprint)
    await assert.rejects(recoverKeys(directory, won.sheet.blocks), fault('already-exists'))
    await won.keys.signer('journal')
    assert.deepEqual((await readdir(directory)).sort(), ['backup.identity', 'keystore.json', 'signer-journal.json'])
    assert.equal(await modeOf(directory), 0o700)
  }))

test('[encryption-13] what a crash left half written does not disturb the keystore', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys, sheet } = await createKeys(directory)
    const secret = await keys.secret('throttle')
    await writeFile(join(directory, 'keystore.json.0123456789ab.tmp'), '{"format":', { mode: 0o600 })
    await writeFile(join(directory, 'secret-throttle.json.0123456789ab.tmp'), '', { mode: 0o600 })
    const again = await openKeys(directory)
    assert.equal(again.provider.fingerprint, sheet.fingerprint)
    assert.deepEqual(await again.secret('throttle'), secret)
    await rm(join(directory, 'keystore.json'))
    await assert.rejects(openKeys(directory), fault('keystore-missing'))
  }))

test('[encryption-17] nothing of a keystore shows when it is printed, and after close it is of no use', () =>
  inFolder(async (folder) => {
    const { keys, sheet } = await createKeys(join(folder, 'keys'))
    const raw = parseSheet(sheet.blocks)
    const shown = inspect(keys, { depth: 9, showHidden: true }) + JSON.stringify(keys)
    assert.ok(!shown.includes(base64url(raw)) && !shown.includes(hex(raw)) && !shown.includes(sheet.blocks))
    keys.close()
    await assert.rejects(keys.provider.wrap(new Uint8Array(32), 'x'), fault('keystore-locked'))
    await assert.rejects(keys.secret('fresh'), fault('keystore-locked'))
    assert.throws(() => keys.sheet(), fault('keystore-locked'))
  }))

test('[encryption-14] the sheet alone brings back root, signers and secrets, under another passphrase if wanted', () =>
  inFolder(async (folder) => {
    const { keys, sheet } = await createKeys(join(folder, 'a'))
    const [signer, secret] = [await keys.signer('journal'), await keys.secret('throttle')]
    const row = await createEpoch(keys.provider, newId(), 1, 1)
    const back = async (name: string, text: string, passphrase?: string): Promise<Keys> =>
      recoverKeys(join(folder, name), text, passphrase === undefined ? {} : { passphrase })
    for (const recovered of [await back('b', sheet.text('zh')), await back('c', sheet.blocks, 'a passphrase')]) {
      await openEpoch(recovered.provider, row)
      assert.deepEqual((await recovered.signer('journal')).publicKey, signer.publicKey)
      assert.deepEqual(await recovered.secret('throttle'), secret)
    }
    await openKeys(join(folder, 'c'), { passphrase: 'a passphrase' })
    await assert.rejects(openKeys(join(folder, 'c')), fault('keystore-locked'))
  }))

const sheetFor = fc
  .uint8Array({ minLength: 32, maxLength: 32 })
  .map((raw) => ({ raw, sheet: sheetOf(raw, '2026-01-02T03:04:05.000Z') }))

test('[encryption-14] however it is spaced and cased, in either language, the sheet gives its key', () => {
  fc.assert(
    fc.property(sheetFor, ({ raw, sheet }) => {
      const { blocks } = sheet
      const spellings = [
        blocks,
        blocks.toLowerCase(),
        blocks.replaceAll(' ', '\n'),
        blocks.replaceAll(' ', '-'),
        blocks.replaceAll('0', 'o').replaceAll('1', 'l'),
        `\r\n  ${blocks.replaceAll(' ', '  \r\n\r\n')}\r\n`,
        sheet.text('en'),
        sheet.text('zh'),
        sheet.text('en').toLowerCase(),
      ]
      for (const text of spellings) assert.deepEqual(parseSheet(text), raw)
      assert.equal(sheet.created, '2026-01-02')
    }),
    { numRuns: 50 },
  )
})

test('[encryption-14] one wrong character, two swapped, or two blocks exchanged are named by their block', () => {
  const alphabet = '0123456789ABCDEFGHJKMNPQRSTVWXYZ'
  const { blocks } = sheetOf(
    new Uint8Array(32).map((_, i) => i * 7),
    '2026-01-01',
  )
  const letters = Array.from(blocks)
  const named = (changed: readonly string[], block: number): void => {
    assert.throws(
      () => parseSheet(changed.join('')),
      (error) => isFault(error, 'recovery-mistyped') && error.details.block === block,
    )
  }
  letters.forEach((letter, i) => {
    if (letter === ' ') return
    for (const other of alphabet) if (other !== letter) named(letters.with(i, other), Math.floor(i / 6) + 1)
    const next = letters[i + 1]
    if (next !== undefined && next !== ' ' && next !== letter)
      named(letters.with(i, next).with(i + 1, letter), Math.floor(i / 6) + 1)
  })
  const each = blocks.split(' ')
  for (let i = 0; i < each.length; i++) {
    for (let j = i + 1; j < each.length; j++)
      named(
        each
          .with(i, each[j] ?? '')
          .with(j, each[i] ?? '')
          .map((b) => `${b} `),
        i + 1,
      )
  }
  for (const text of [
    '',
    each.slice(1).join(' '),
    `${blocks} ${each[0] ?? ''}`,
    blocks.replace(each[3] ?? '', 'ABC'),
    'U'.repeat(70),
  ]) {
    assert.throws(() => parseSheet(text), fault('bad-input'))
  }
})

test('[encryption-14] base 32 parses exactly what it prints', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (bytes) => {
      assert.deepEqual(blockBytes(blockText(bytes)), bytes)
    }),
  )
  for (const bad of ['0', 'ZZ', 'U0', '0!', '00000000Z']) assert.equal(blockBytes(bad), null, bad)
})
