// Custody shares: any k bring the root key back, fewer give a refusal, and a bad share is named.
import assert from 'node:assert/strict'
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { type FaultCode, fromHex, hex, isFault, utf8 } from '#kernel'
import { golden } from './fixtures/keys.ts'
import {
  createKeys,
  type Keys,
  keystoreHomes,
  openKeys,
  type Protection,
  recoverFromShares,
  recoverKeys,
} from './provider/file.ts'
import { combineShares, parseShare, parseShares, printedShare, type ShareSet, splitRoot } from './provider/share.ts'
import { fingerprintOf, rootKeyOf, wrappedBy } from './provider/root.ts'
import { parseSheet } from './provider/sheet.ts'

const inFolder = async (work: (folder: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'holdfast-shares-'))
  try {
    await work(folder)
  } finally {
    await rm(folder, { recursive: true })
  }
}

const fault = (code: FaultCode, given?: number) => (error: unknown) =>
  isFault(error, code) && (given === undefined || error.details.given === given)

const root = new Uint8Array(32).map((_, i) => i * 5 + 1)

/** Protection by shares, and where its texts end up. */
const inShares = (threshold: number, of: number, texts: string[]): Protection => ({
  kind: 'shares',
  threshold,
  of,
  holders: ['李雷', 'Ann'],
  deliver: (fresh) => {
    texts.splice(0, texts.length, ...fresh)
    return Promise.resolve()
  },
})

test('[encryption-60] any k of n shares give the root key, in any order; all smaller choices are refused', async () => {
  const sets = [
    [2, 2],
    [2, 3],
    [3, 5],
    [5, 5],
  ] as const
  for (const [threshold, of] of sets) {
    const { set, texts } = await splitRoot(root, threshold, of)
    const id = fingerprintOf(rootKeyOf(root).id)
    for (let chosen = 0; chosen < 1 << of; chosen++) {
      const given = texts.filter((_, i) => chosen & (1 << i)).toReversed()
      const together = combineShares(parseShares(given), { ...set, id })
      if (given.length >= threshold) assert.deepEqual(await together, root)
      else
        await assert.rejects(
          together,
          (error) =>
            isFault(error, 'shares-missing') &&
            error.details.needed === threshold &&
            error.details.good === given.length,
        )
    }
  }
  for (const [threshold, of] of [
    [1, 3],
    [4, 3],
    [2, 17],
    [2.5, 4],
  ] as const)
    await assert.rejects(splitRoot(root, threshold, of), fault('wrong-use'))
})

test('[encryption-60] a share opens however it is typed; a wrong character is named by share and block', async () => {
  const { texts } = await splitRoot(root, 2, 3)
  const [text = ''] = texts
  const expected = parseShare(text, 1)
  const page = printedShare(text, '王芳 Wang')
  assert.ok(page.includes('王芳') && page.includes(expected.fingerprint) && page.includes(expected.set))
  for (const spelling of [page, page.toLowerCase(), text.replaceAll(' ', '\r\n'), text.replaceAll('0', 'o')])
    assert.deepEqual(parseShare(spelling, 1), expected)
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.constantFrom(...Array.from('0123456789ABCDEFGHJKMNPQRSTVWXYZ')),
      (at, letter) => {
        if (text[at] === ' ' || text[at] === letter) return
        const wrong = text.slice(0, at) + letter + text.slice(at + 1)
        assert.throws(
          () => parseShare(wrong, 7),
          (error) =>
            isFault(error, 'share-mistyped') &&
            error.details.given === 7 &&
            error.details.block === Math.floor(at / 6) + 1,
        )
      },
    ),
  )
  for (const wrong of ['', 'hello', text.slice(6), `${text} ${text.slice(0, 5)}`])
    assert.throws(() => parseShare(wrong, 2), fault('share-not-one', 2))
})

test('[encryption-60] a share that is foreign, of another set, repeated or false is named, and nothing is opened', async () => {
  const [ours, again, theirs] = await Promise.all([
    splitRoot(root, 2, 3),
    splitRoot(root, 2, 3),
    splitRoot(new Uint8Array(32).fill(9), 2, 3),
  ])
  const known: ShareSet & { id: string } = { ...ours.set, id: fingerprintOf(rootKeyOf(root).id) }
  const [first = '', second = ''] = ours.texts
  const both = (other: string): Promise<Uint8Array> => combineShares(parseShares([first, other]), known)
  assert.deepEqual(await both(second), root)
  await assert.rejects(both(theirs.texts[1] ?? ''), fault('share-foreign', 2))
  await assert.rejects(both(again.texts[1] ?? ''), fault('share-foreign', 2))
  await assert.rejects(both(first), fault('share-repeated', 2))
  // False shares: another value under checks that are right. The keystore knows; without it they do not give the key they name.
  const { bytes } = parseShare(second, 1)
  const forged = await forgery(bytes)
  await assert.rejects(both(forged), fault('share-damaged', 2))
  await assert.rejects(combineShares(parseShares([first, forged])), fault('share-damaged'))
  assert.deepEqual(await combineShares(parseShares([first, second])), root)
})

/** The text of a share whose value was changed and whose checks were made right again. */
const forgery = async (bytes: Uint8Array): Promise<string> => {
  const { blockText, checkOf } = await import('./provider/crockford.ts')
  const { sha256 } = await import('./digest.ts')
  const body = bytes.slice(0, -4)
  body[30] = (body[30] ?? 0) ^ 1
  const whole = new Uint8Array([
    ...body,
    ...sha256(new Uint8Array([...utf8('holdfast/share/1'), ...body])).subarray(0, 4),
  ])
  return (blockText(whole).match(/.{4}/g) ?? []).map((block, i) => block + checkOf(block, i)).join(' ')
}

test('[encryption-60] a keystore in shares holds no key, opens with enough of them, and comes back from them alone', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys, sheet } = await createKeys(directory)
    const signer = await keys.signer('journal')
    const wrapped = await keys.provider.wrap(new Uint8Array(32).fill(4), 'x')
    const texts: string[] = []
    await keys.protect(inShares(2, 3, texts))
    keys.close()
    const file = await readFile(join(directory, 'keystore.json'), 'utf8')
    assert.ok(!file.includes(Buffer.from(parseSheet(sheet.blocks)).toString('base64url')))
    const [home] = await keystoreHomes(directory)
    assert.deepEqual([home?.protection, home?.shares?.threshold, home?.shares?.of], ['shares', 2, 3])
    assert.deepEqual(home?.shares?.holders, ['李雷', 'Ann', ''])
    await assert.rejects(openKeys(directory), fault('shares-missing'))
    await assert.rejects(openKeys(directory, { shares: texts.slice(0, 1) }), fault('shares-missing'))
    const again = await openKeys(directory, { shares: texts.slice(1) })
    assert.deepEqual(await again.provider.unwrap(wrapped, 'x'), new Uint8Array(32).fill(4))
    assert.deepEqual((await again.signer('journal')).publicKey, signer.publicKey)
    assert.equal(again.sheet().blocks, '')
    for (const language of ['zh', 'en'] as const) assert.ok(again.sheet().text(language).includes('recover --shares'))
    const back = await recoverFromShares(join(folder, 'back'), texts.slice(0, 2))
    assert.deepEqual(await back.provider.unwrap(wrapped, 'x'), new Uint8Array(32).fill(4))
    // Refreshed: the same root key, other shares; the old ones are of another set now.
    const old = texts.slice()
    await again.protect(inShares(3, 4, texts))
    await assert.rejects(openKeys(directory, { shares: old }), fault('share-foreign', 1))
    assert.equal((await openKeys(directory, { shares: texts.slice(0, 3) })).provider.fingerprint, sheet.fingerprint)
  }))

test('[encryption-60] shares that cannot be handed over leave the keystore as it was', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    const before = await readFile(join(directory, 'keystore.json'), 'utf8')
    const full: Protection = { kind: 'shares', threshold: 2, of: 2, deliver: () => Promise.reject(new Error('full')) }
    await assert.rejects(keys.protect(full), /full/)
    assert.equal(await readFile(join(directory, 'keystore.json'), 'utf8'), before)
  }))

interface GoldenShares {
  readonly root: string
  readonly set: ShareSet
  readonly texts: readonly string[]
}

test('[encryption-3] the golden shares open', async () => {
  const { root: expected, set, texts } = golden('share-1.json') as GoldenShares
  const id = fingerprintOf(rootKeyOf(fromHex(expected)).id)
  for (const skip of [0, 1, 2, 3, 4]) {
    const three = texts.filter((_, i) => i !== skip).slice(0, 3)
    assert.equal(hex(await combineShares(parseShares(three), { ...set, id })), expected)
  }
})

test('[encryption-61] a new root key wraps, the old one unwraps until it is dropped; named keys move under the new one', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const open = (): Promise<Keys> => openKeys(directory, { passphrase: 'p' })
    const { keys, sheet } = await createKeys(directory, { passphrase: 'p' })
    const [signer, secret] = [await keys.signer('journal'), await keys.secret('throttle')]
    const old = await keys.provider.wrap(new Uint8Array(32).fill(1), 'x')
    const fresh = await keys.addRoot('as-before')
    assert.notEqual(fresh, sheet.fingerprint)
    assert.deepEqual(
      keys.roots().map(({ fingerprint, protection }) => [fingerprint, protection]),
      [
        [fresh, 'passphrase'],
        [sheet.fingerprint, 'passphrase'],
      ],
    )
    assert.equal(wrappedBy(await keys.provider.wrap(new Uint8Array(32), 'x')), fresh)
    assert.equal(wrappedBy(old), sheet.fingerprint)
    assert.deepEqual(await keys.provider.unwrap(old, 'x'), new Uint8Array(32).fill(1))
    // Dropped only when nothing here needs it.
    await assert.rejects(keys.dropRoots(), fault('wrong-use'))
    // Killed here: the next process opens both and goes on.
    const next = await open()
    assert.equal(await next.named.rewrap(), 2)
    assert.equal(await next.named.rewrap(), 0)
    assert.deepEqual(await next.dropRoots(), [sheet.fingerprint])
    await assert.rejects(next.provider.unwrap(old, 'x'), fault('keystore-foreign'))
    const last = await open()
    assert.deepEqual((await last.signer('journal')).publicKey, signer.publicKey)
    assert.deepEqual(await last.secret('throttle'), secret)
    assert.equal(last.sheet().fingerprint, fresh)
    // The old root key can be added to open what an older backup brings back; it never wraps.
    assert.equal(await last.addOldRoot(sheet.blocks), sheet.fingerprint)
    assert.deepEqual(await last.provider.unwrap(old, 'x'), new Uint8Array(32).fill(1))
    assert.equal(last.provider.fingerprint, fresh)
    await assert.rejects(last.addOldRoot(sheet.blocks), fault('already-exists'))
  }))

test('[encryption-61] after a root key was exchanged, its sheet and the kept copies bring the named keys back', () =>
  inFolder(async (folder) => {
    const { keys } = await createKeys(join(folder, 'a'))
    const signer = await keys.signer('journal')
    await keys.secret('throttle')
    await keys.addRoot('as-before')
    await keys.named.rewrap()
    await keys.dropRoots()
    const copies = await keys.named.list()
    assert.deepEqual(
      copies.map(({ kind, name }) => `${kind}-${name}`),
      ['secret-throttle', 'signer-journal'],
    )
    const back = await recoverKeys(join(folder, 'b'), keys.sheet().blocks)
    assert.deepEqual(await back.named.putBack(copies), ['secret-throttle', 'signer-journal'])
    assert.deepEqual(await back.named.putBack(copies), [])
    assert.deepEqual((await back.signer('journal')).publicKey, signer.publicKey)
    // Copies that another root key sealed are refused and change nothing.
    const other = await createKeys(join(folder, 'c'))
    await assert.rejects(other.keys.named.putBack(copies), fault('keystore-foreign'))
    assert.deepEqual(await readdir(join(folder, 'c')), ['keystore.json'])
  }))

test('[encryption-61] a process that cannot read the new root key seals nothing under the old one', () =>
  inFolder(async (folder) => {
    const directory = join(folder, 'keys')
    const { keys } = await createKeys(directory)
    const first: string[] = []
    await keys.protect(inShares(2, 2, first))
    const running = await openKeys(directory, { shares: first })
    const second: string[] = []
    await assert.rejects(keys.addRoot('as-before'), fault('wrong-use'))
    await keys.addRoot(inShares(2, 3, second))
    await assert.rejects(running.provider.wrap(new Uint8Array(32), 'x'), fault('root-changed'))
    // Until the old one is dropped both sets are needed.
    await assert.rejects(openKeys(directory, { shares: second }), fault('shares-missing'))
    const both = await openKeys(directory, { shares: [...first, ...second] })
    await both.dropRoots()
    await openKeys(directory, { shares: second.slice(1) })
  }))
