// The Merkle tree of RFC 6962: leaf and node hashes, a frontier that grows leaf by leaf, proofs and their verifiers. Keeps journal-4, journal-5.
import { hash } from 'node:crypto'
import { concat, sameBytes } from '#kernel'

/** SHA-256, the one digest of the journal and of what is derived from it. */
export const digest = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')

/** RFC 6962 section 2.1: 0x00 before a leaf, 0x01 before two nodes, so that neither can pass for the other. */
export const leafHash = (data: Uint8Array): Uint8Array => digest(concat(leafPrefix, data))
export const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array => digest(concat(nodePrefix, left, right))

const leafPrefix = Uint8Array.of(0)
const nodePrefix = Uint8Array.of(1)

/** Root of the tree without a leaf. */
export const emptyRoot = digest(new Uint8Array(0))

/** The complete subtrees of a tree, largest first: all that is needed to append a leaf and to know the root. */
export interface Frontier {
  readonly size: bigint
  readonly hashes: readonly Uint8Array[]
}

export const emptyFrontier: Frontier = { size: 0n, hashes: [] }

/** The frontier after some leaf hashes more. */
export const grow = (frontier: Frontier, leaves: Iterable<Uint8Array>): Frontier => {
  const hashes = [...frontier.hashes]
  let size = frontier.size
  for (const leaf of leaves) {
    let node = leaf
    for (let bits = size; (bits & 1n) === 1n; bits >>= 1n) node = nodeHash(hashes.pop() ?? node, node)
    hashes.push(node)
    size += 1n
  }
  return { size, hashes }
}

/** Root hash of a frontier. */
export const rootOf = (frontier: Frontier): Uint8Array =>
  frontier.hashes.length === 0 ? emptyRoot : frontier.hashes.reduceRight((right, left) => nodeHash(left, right))

/** The frontier as stored: its hashes one after the other. */
export const frontierBytes = (frontier: Frontier): Uint8Array => concat(...frontier.hashes)

/** The frontier of stored bytes, or null where their length does not fit the size. */
export const frontierOf = (size: bigint, bytes: Uint8Array): Frontier | null => {
  let count = 0
  for (let bits = size; bits > 0n; bits >>= 1n) count += Number(bits & 1n)
  if (size < 0n || bytes.length !== count * 32) return null
  return { size, hashes: Array.from({ length: count }, (_, i) => bytes.subarray(i * 32, i * 32 + 32)) }
}

/** Root of a list of leaf hashes. */
export const rootOfLeaves = (leaves: readonly Uint8Array[]): Uint8Array => rootOf(grow(emptyFrontier, leaves))

/** RFC 6962 section 2.1.1: the path from the leaf of that index to the root of these leaves. */
export const inclusionProof = (leaves: readonly Uint8Array[], index: number): readonly Uint8Array[] => {
  if (!Number.isInteger(index) || index < 0 || index >= leaves.length) throw new RangeError('no leaf of that index')
  if (leaves.length === 1) return []
  const k = split(leaves.length)
  return index < k
    ? [...inclusionProof(leaves.slice(0, k), index), rootOfLeaves(leaves.slice(k))]
    : [...inclusionProof(leaves.slice(k), index - k), rootOfLeaves(leaves.slice(0, k))]
}

/** RFC 6962 section 2.1.2: that the first `size` of these leaves are a prefix of all of them. */
export const consistencyProof = (leaves: readonly Uint8Array[], size: number): readonly Uint8Array[] => {
  if (!Number.isInteger(size) || size < 1 || size > leaves.length) throw new RangeError('no such smaller tree')
  return subproof(size, leaves, true)
}

const subproof = (m: number, leaves: readonly Uint8Array[], whole: boolean): readonly Uint8Array[] => {
  if (m === leaves.length) return whole ? [] : [rootOfLeaves(leaves)]
  const k = split(leaves.length)
  return m <= k
    ? [...subproof(m, leaves.slice(0, k), whole), rootOfLeaves(leaves.slice(k))]
    : [...subproof(m - k, leaves.slice(k), false), rootOfLeaves(leaves.slice(0, k))]
}

/** Largest power of two below n (n ≥ 2). */
const split = (n: number): number => 2 ** Math.floor(Math.log2(n - 1))

/** Whether the proof leads from the leaf hash at that index to the root of a tree of that size (RFC 9162 section 2.1.3.2). */
export const verifyInclusion = (
  index: bigint,
  size: bigint,
  leaf: Uint8Array,
  proof: readonly Uint8Array[],
  root: Uint8Array,
): boolean => {
  if (index < 0n || index >= size || !allHashes([leaf, root, ...proof])) return false
  let fn = index
  let sn = size - 1n
  let node = leaf
  for (const step of proof) {
    if (sn === 0n) return false
    if ((fn & 1n) === 1n || fn === sn) {
      node = nodeHash(step, node)
      while (fn !== 0n && (fn & 1n) === 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else node = nodeHash(node, step)
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n && sameBytes(node, root)
}

/**
 * Whether the tree of size1 is a prefix of the tree of size2 (RFC 9162 section 2.1.4.2). A tree of size 0 proves nothing,
 * so it is refused; equal sizes need equal roots and no proof.
 */
export const verifyConsistency = (
  size1: bigint,
  size2: bigint,
  root1: Uint8Array,
  root2: Uint8Array,
  proof: readonly Uint8Array[],
): boolean => {
  if (size1 <= 0n || size1 > size2) return false
  if (size1 === size2) return proof.length === 0 && sameBytes(root1, root2)
  if (!allHashes([root1, root2, ...proof])) return false
  const path = (size1 & (size1 - 1n)) === 0n ? [root1, ...proof] : proof
  const [first, ...rest] = path
  if (first === undefined || proof.length === 0) return false
  let fn = size1 - 1n
  let sn = size2 - 1n
  while ((fn & 1n) === 1n) {
    fn >>= 1n
    sn >>= 1n
  }
  let old = first
  let now = first
  for (const step of rest) {
    if (sn === 0n) return false
    if ((fn & 1n) === 1n || fn === sn) {
      old = nodeHash(step, old)
      now = nodeHash(step, now)
      while (fn !== 0n && (fn & 1n) === 0n) {
        fn >>= 1n
        sn >>= 1n
      }
    } else now = nodeHash(now, step)
    fn >>= 1n
    sn >>= 1n
  }
  return sn === 0n && sameBytes(old, root1) && sameBytes(now, root2)
}

const allHashes = (hashes: readonly Uint8Array[]): boolean => hashes.every((h) => h.length === 32)
