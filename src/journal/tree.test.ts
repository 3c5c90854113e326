// The tree against public vectors and against itself.
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { fileURLToPath } from 'node:url'
import fc from 'fast-check'
import { fromHex, hex, sameBytes } from '#kernel'
import {
  consistencyProof,
  emptyFrontier,
  frontierBytes,
  frontierOf,
  grow,
  inclusionProof,
  leafHash,
  nodeHash,
  rootOf,
  rootOfLeaves,
  verifyConsistency,
  verifyInclusion,
} from './tree.ts'

const data = fileURLToPath(new URL('../../../shared/data/tlog/', import.meta.url))
const b64 = (text: string): Uint8Array => new Uint8Array(Buffer.from(text, 'base64'))

test('[journal-4] leaves, nodes and roots are those of RFC 6962', (t) => {
  if (!existsSync(data)) return t.skip('skipped: no shared data')
  const vectors = JSON.parse(readFileSync(join(data, 'rfc6962-roots.json'), 'utf8')) as {
    leafInputs: string[]
    nodeHashes: string[][]
    rootHashes: string[]
  }
  const leaves = vectors.leafInputs.map((text) => leafHash(fromHex(text)))
  assert.deepEqual(leaves.map(hex), vectors.nodeHashes[0])
  const pairs = [0, 2, 4, 6].map((i) => hex(nodeHash(leaves[i] ?? new Uint8Array(), leaves[i + 1] ?? new Uint8Array())))
  assert.deepEqual(pairs, vectors.nodeHashes[1])
  vectors.rootHashes.forEach((root, n) => assert.equal(hex(rootOfLeaves(leaves.slice(0, n))), root))
})

test('[journal-5] 196 of 196 public proofs are judged right', (t) => {
  if (!existsSync(data)) return t.skip('skipped: no shared data')
  interface Case {
    leafIdx?: unknown
    treeSize?: unknown
    size1?: unknown
    size2?: unknown
    root: string
    root1: string
    root2: string
    leafHash: string
    proof: string[] | null
    wantErr: boolean
  }
  let judged = 0
  for (const file of readdirSync(join(data, 'transparency-dev-merkle/testdata'), {
    recursive: true,
    encoding: 'utf8',
  })) {
    if (!file.endsWith('.json')) continue
    const text = readFileSync(join(data, 'transparency-dev-merkle/testdata', file), 'utf8')
    // Sizes are unsigned 64-bit integers: keep their digits.
    const c = JSON.parse(text.replaceAll(/("(?:leafIdx|treeSize|size1|size2)":\s*)(\d+)/g, '$1"$2"')) as Case
    const proof = (c.proof ?? []).map(b64)
    const good = file.startsWith('inclusion')
      ? verifyInclusion(BigInt(String(c.leafIdx)), BigInt(String(c.treeSize)), b64(c.leafHash), proof, b64(c.root))
      : verifyConsistency(BigInt(String(c.size1)), BigInt(String(c.size2)), b64(c.root1), b64(c.root2), proof)
    assert.equal(good, !c.wantErr, file)
    judged++
  }
  assert.equal(judged, 196)
})

test('[journal-4] a frontier that is stored and grown has the root of the whole list', () => {
  fc.assert(
    fc.property(fc.array(fc.uint8Array({ maxLength: 8 }), { maxLength: 70 }), fc.nat(), (list, at) => {
      const leaves = list.map(leafHash)
      const cut = at % (leaves.length + 1)
      const first = grow(emptyFrontier, leaves.slice(0, cut))
      const stored = frontierOf(first.size, frontierBytes(first))
      assert.ok(stored)
      const whole = grow(stored, leaves.slice(cut))
      assert.equal(whole.size, BigInt(leaves.length))
      assert.equal(hex(rootOf(whole)), hex(recursiveRoot(leaves)))
    }),
  )
  assert.equal(frontierOf(3n, new Uint8Array(32)), null)
})

test('[journal-5] every proof made verifies, and no other proof does', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), fc.nat(), (size, a, b) => {
      const leaves = Array.from({ length: size }, (_, i) => leafHash(Uint8Array.of(i)))
      const root = rootOfLeaves(leaves)
      const index = a % size
      const leaf = leaves[index] ?? root
      const path = inclusionProof(leaves, index)
      assert.ok(verifyInclusion(BigInt(index), BigInt(size), leaf, path, root))
      assert.ok(!verifyInclusion(BigInt(index), BigInt(size), leaf, [...path, root], root))
      if (path.length > 0) assert.ok(!verifyInclusion(BigInt(index), BigInt(size), leaf, path.slice(1), root))
      if (size > 1) assert.ok(!verifyInclusion(BigInt((index + 1) % size), BigInt(size), leaf, path, root))
      const m = (b % size) + 1
      const smaller = rootOfLeaves(leaves.slice(0, m))
      const bridge = consistencyProof(leaves, m)
      assert.ok(verifyConsistency(BigInt(m), BigInt(size), smaller, root, bridge))
      assert.ok(!verifyConsistency(BigInt(m), BigInt(size), smaller, root, [...bridge, root]))
      assert.ok(!verifyConsistency(0n, BigInt(size), smaller, root, bridge))
      if (!sameBytes(smaller, root)) assert.ok(!verifyConsistency(BigInt(m), BigInt(size), root, smaller, bridge))
    }),
  )
})

/** The definition of RFC 6962 section 2.1, word for word. */
const recursiveRoot = (leaves: readonly Uint8Array[]): Uint8Array => {
  const [only] = leaves
  if (only === undefined || leaves.length === 1) return only ?? rootOfLeaves([])
  let k = 1
  while (k * 2 < leaves.length) k *= 2
  return nodeHash(recursiveRoot(leaves.slice(0, k)), recursiveRoot(leaves.slice(k)))
}
