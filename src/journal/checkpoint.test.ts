// Notes and checkpoints against public samples and damage.
import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import test from 'node:test'
import fc from 'fast-check'
import { fromBase64url, hex } from '#kernel'
import {
  openNote,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  signCheckpoint,
  type Signer,
  verifierKeyLine,
} from './checkpoint.ts'
import { digest, leafHash, rootOfLeaves } from './tree.ts'

const data = new URL('../../../shared/data/tlog/', import.meta.url)

const newSigner = (): Signer => {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  const raw = fromBase64url(publicKey.export({ format: 'jwk' }).x ?? '')
  return { name: 'journal', publicKey: raw, sign: (bytes) => new Uint8Array(sign(null, bytes, privateKey)) }
}

test('[journal-6] notes of other logs open with their keys', (t) => {
  if (!existsSync(data)) return t.skip('skipped: no shared data')
  const notes = JSON.parse(readFileSync(new URL('notes.json', data), 'utf8')) as {
    type: string
    vkey?: string
    note: string
  }[]
  let opened = 0
  for (const { type, vkey, note } of notes) {
    assert.ok(parseNote(note), 'parses')
    if (!type.startsWith('ed25519 0x01') || vkey === undefined) continue
    const key = parseVerifierKey(vkey)
    assert.ok(key)
    assert.equal(verifierKeyLine(key), vkey)
    assert.ok(openNote(note, [key]))
    assert.equal(openNote(note.replace('e', 'f'), [key]), null)
    opened++
  }
  assert.equal(opened, 3)
})

test('[journal-6] a public log of 15 entries has the roots its checkpoints say', (t) => {
  if (!existsSync(data)) return t.skip('skipped: no shared data')
  const key = parseVerifierKey('example.com/log/testdata+33d7b496+AeHTu4Q3hEIMHNqc6fASMsq3rKNx280NI+oO5xCFkkSx')
  assert.ok(key)
  const log = new URL('tessera-testlog/testdata/log/', data)
  const bundle = readFileSync(new URL('tile/entries/000.p/15', log))
  const leaves: Uint8Array[] = []
  for (let at = 0; at < bundle.length;) {
    const length = bundle.readUInt16BE(at)
    leaves.push(leafHash(bundle.subarray(at + 2, at + 2 + length)))
    at += 2 + length
  }
  assert.equal(leaves.length, 15)
  for (let size = 0; size <= 15; size++) {
    const text = openNote(readFileSync(new URL(`checkpoint.${String(size)}`, log), 'utf8'), [key])
    const checkpoint = text === null ? null : parseCheckpoint(text)
    assert.equal(checkpoint?.size, BigInt(size))
    assert.equal(hex(checkpoint.root), hex(rootOfLeaves(leaves.slice(0, size))))
  }
})

test('[journal-6] a checkpoint is read as it was signed, and any other byte of it breaks the note', () => {
  const signer = newSigner()
  const origin = 'holdfast.example/log'
  const key = { name: origin, publicKey: signer.publicKey }
  const root = digest(Uint8Array.of(7))
  const note = signCheckpoint({ origin, size: 20852163n, root }, signer)
  assert.deepEqual(parseCheckpoint(openNote(note, [key]) ?? ''), {
    origin,
    size: 20852163n,
    root: new Uint8Array(root),
  })
  fc.assert(
    fc.property(fc.nat(note.length - 1), fc.constantFrom('A', '0', '\n', ' ', '\u0001'), (at, char) => {
      const changed = note.slice(0, at) + char + note.slice(at + 1)
      assert.equal(openNote(changed, [key]), changed === note ? openNote(note, [key]) : null)
    }),
  )
  assert.equal(openNote(note, [{ name: 'someone.else', publicKey: signer.publicKey }]), null)
  assert.equal(openNote(note, [{ name: origin, publicKey: newSigner().publicKey }]), null)
})

test('[journal-6] a signature of an unknown key beside ours is ignored, a false one in our name is not', () => {
  const signer = newSigner()
  const key = { name: 'log.example', publicKey: signer.publicKey }
  const note = signCheckpoint({ origin: 'log.example', size: 1n, root: digest(Uint8Array.of(1)) }, signer)
  const other = signCheckpoint({ origin: 'log.example', size: 2n, root: digest(Uint8Array.of(2)) }, newSigner())
  const foreignLine = other.slice(other.indexOf('—'))
  assert.ok(openNote(note + foreignLine, [key]))
  const again = signCheckpoint({ origin: 'log.example', size: 2n, root: digest(Uint8Array.of(2)) }, signer)
  assert.equal(openNote(note + again.slice(again.indexOf('—')), [key]), null)
})

test('[journal-6] what is not a checkpoint is refused', () => {
  for (const text of ['', 'a\n', 'a\n1\n', 'a\n01\nAAAA\n', 'a\n-1\nAAAA\n', `a\n1\n${'A'.repeat(44)}`, 'a\n1\n!!\n'])
    assert.equal(parseCheckpoint(text), null)
})
