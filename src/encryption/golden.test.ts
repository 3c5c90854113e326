// Golden files: what version 1 wrote opens for ever. Never edit a file of ./fixtures; a new version adds one.
import assert from 'node:assert/strict'
import { createSecretKey } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fromHex, hex, type Json, utf8 } from '#kernel'
import { askedTokens, importKey, indexTokens, type TokenMode } from './blind.ts'
import type { CellContext } from './aad.ts'
import { openCell } from './cell.ts'
import { ed25519Verify } from './curve.ts'
import { type EnvelopeSuiteId, openEnvelope, recipientOf } from './envelope.ts'
import { type EpochRow, openCapture, openEpoch } from './epoch.ts'
import { golden } from './fixtures/keys.ts'
import { createIndexRoot, type IndexRootRow, openIndexRoot } from './index-root.ts'
import { type Keys, openKeys } from './provider/file.ts'
import { openSecret } from './secret.ts'
import { type SignatureSuite, signerOf, verifySignature } from './signature.ts'
import { holdSubjectKey, openSubjectKey, type SubjectKey, type SubjectKeyRow } from './subject.ts'

type Hexed<T> = { readonly [K in keyof T]: T[K] extends Uint8Array ? string : T[K] }

interface GoldenCell {
  readonly key: SubjectKey
  readonly dek: string
  readonly context: CellContext
  readonly values: Json
  readonly cell: string
}

interface GoldenKeystore {
  readonly root: string
  readonly fingerprint: string
  readonly blocks: string
  readonly passphrase: string
  readonly machine: Readonly<Record<string, unknown>>
  readonly locked: Readonly<Record<string, unknown>>
  readonly signerPublicKey: string
  readonly signature: { readonly of: string; readonly bytes: string }
  readonly secret: string
}

interface GoldenRing {
  readonly epoch: Hexed<EpochRow>
  readonly subject: Hexed<SubjectKeyRow>
  readonly context: CellContext
  readonly values: Json
  readonly cell: string
  readonly secret: { readonly label: string; readonly plain: string; readonly sealed: string }
  readonly capture: { readonly info: string; readonly aad: string; readonly plain: string; readonly sealed: string }
  readonly importKey: { readonly text: string; readonly key: string }
}

const keystore = golden('keystore-1.json') as GoldenKeystore

const withKeys = async (
  files: Readonly<Record<string, unknown>>,
  passphrase: string | undefined,
  work: (keys: Keys) => Promise<void>,
): Promise<void> => {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-golden-'))
  try {
    for (const [name, value] of Object.entries(files))
      await writeFile(join(directory, name), JSON.stringify(value), { mode: 0o600 })
    await work(await openKeys(directory, passphrase === undefined ? {} : { passphrase }))
  } finally {
    await rm(directory, { recursive: true })
  }
}

test('[encryption-3] the golden cells of every suite open to their values', () => {
  const cells = golden('cells-1.json') as readonly GoldenCell[]
  assert.deepEqual(
    cells.map(({ key }) => key.suite),
    [1, 2, 3, 4],
  )
  for (const { key, dek, context, values, cell } of cells) {
    const held = holdSubjectKey({ ...key }, createSecretKey(fromHex(dek)))
    assert.deepEqual(openCell(held, context, fromHex(cell)), values)
  }
})

test('[encryption-3] the golden keystore opens, by machine file and by passphrase, to the same root', async () => {
  await withKeys(keystore.machine, undefined, async (keys) => {
    assert.equal(keys.provider.fingerprint, keystore.fingerprint)
    assert.equal(keys.sheet().blocks, keystore.blocks)
    const signer = await keys.signer('journal')
    assert.equal(hex(signer.publicKey), keystore.signerPublicKey)
    assert.equal(hex(signer.sign(utf8(keystore.signature.of))), keystore.signature.bytes)
    assert.ok(ed25519Verify(signer.publicKey, utf8(keystore.signature.of), fromHex(keystore.signature.bytes)))
    assert.equal(hex(await keys.secret('throttle')), keystore.secret)
  })
  await withKeys(keystore.locked, keystore.passphrase, (keys) => {
    assert.equal(keys.sheet().blocks, keystore.blocks)
    return Promise.resolve()
  })
})

test('[encryption-3] the golden keyrings open: epoch, data key, cell, secret, capture, tokens', async () => {
  const rings = golden('keyring-1.json') as readonly GoldenRing[]
  assert.deepEqual(
    rings.map(({ epoch }) => epoch.suite),
    [1, 2, 3, 4],
  )
  await withKeys(keystore.machine, undefined, async ({ provider }) => {
    for (const ring of rings) {
      const { symWrapped, indexWrapped, hpkePublic, hpkeWrapped, ...rest } = ring.epoch
      const epoch = await openEpoch(provider, {
        ...rest,
        symWrapped: fromHex(symWrapped),
        indexWrapped: fromHex(indexWrapped),
        hpkePublic: fromHex(hpkePublic),
        hpkeWrapped: fromHex(hpkeWrapped),
      })
      const { wrapped, commitment, ...of } = ring.subject
      const key = openSubjectKey(epoch, { ...of, wrapped: fromHex(wrapped), commitment: fromHex(commitment) })
      assert.deepEqual(openCell(key, ring.context, fromHex(ring.cell)), ring.values)
      assert.equal(hex(openSecret(epoch, ring.secret.label, fromHex(ring.secret.sealed))), ring.secret.plain)
      const { info, aad, plain, sealed } = ring.capture
      assert.equal(hex(openCapture(epoch, fromHex(info), fromHex(aad), fromHex(sealed))), plain)
      // Tokens of version 1 are made anew as those of version 2; import keys stay what they were.
      const adopted = await openIndexRoot(provider, await createIndexRoot(provider, 1, epoch.suite, epoch))
      assert.equal(hex(importKey(adopted, ring.importKey.text)), ring.importKey.key)
    }
  })
})

interface GoldenIndex {
  readonly root: Hexed<IndexRootRow>
  readonly importKey: { readonly text: string; readonly key: string }
  readonly indexes: readonly {
    readonly index: { readonly id: number; readonly mode: TokenMode; readonly partitions: number }
    readonly record: string
    readonly terms: readonly string[]
    readonly tokens: readonly string[]
    readonly asked: readonly (readonly string[])[]
  }[]
}

test('[encryption-3] the golden index roots open, and make the tokens they made', async () => {
  const roots = golden('index-2.json') as readonly GoldenIndex[]
  assert.deepEqual(
    roots.map(({ root }) => root.suite),
    [1, 3],
  )
  await withKeys(keystore.machine, undefined, async ({ provider }) => {
    for (const { root: row, importKey: key, indexes } of roots) {
      const root = await openIndexRoot(provider, {
        ...row,
        wrapped: fromHex(row.wrapped),
        importWrapped: fromHex(row.importWrapped),
      })
      assert.equal(hex(importKey(root, key.text)), key.key)
      for (const { index, record, terms, tokens, asked } of indexes) {
        assert.deepEqual(indexTokens(root, index, record, terms).map(String), tokens)
        assert.deepEqual(
          terms.map((term) => askedTokens(root, index, term).map(String)),
          asked,
        )
      }
    }
  })
})

interface GoldenEnvelope {
  readonly suite: EnvelopeSuiteId
  readonly privateKey: string
  readonly publicKey: string
  readonly info: string
  readonly aad: string
  readonly plain: string
  readonly sealed: string
}

test('[encryption-3] the golden envelopes of every suite open to their text', () => {
  const envelopes = golden('envelopes-1.json') as readonly GoldenEnvelope[]
  assert.deepEqual(
    envelopes.map(({ suite }) => suite),
    [17, 18, 19, 20, 21],
  )
  for (const { suite, privateKey, publicKey, info, aad, plain, sealed } of envelopes) {
    const own = { suite, privateKey: fromHex(privateKey), publicKey: fromHex(publicKey) }
    assert.equal(hex(recipientOf(suite, own.privateKey).publicKey), publicKey)
    assert.equal(hex(openEnvelope(own, fromHex(info), fromHex(aad), fromHex(sealed))), plain)
  }
})

interface GoldenSignature {
  readonly suite: SignatureSuite
  readonly seed: string
  readonly publicKey: string
  readonly message: string
  readonly signature: string
}

test('[encryption-3] the golden signatures of every suite are good, and the seed gives the golden key', () => {
  const signatures = golden('signatures-1.json') as readonly GoldenSignature[]
  assert.deepEqual(
    signatures.map(({ suite }) => suite),
    ['Ed25519', 'ECDSA-P256-SHA256', 'ML-DSA-65', 'SM2'],
  )
  for (const { suite, seed, publicKey, message, signature } of signatures) {
    assert.equal(hex(signerOf('golden', fromHex(seed), suite).publicKey), publicKey)
    assert.ok(verifySignature(suite, fromHex(publicKey), fromHex(message), fromHex(signature)))
  }
})
