// The published vectors of the age format (C2SP CCTV) through our STREAM: chunks, nonces and the rule of the last chunk are those of
// age, so what its vectors demand of a payload is demanded of stream.ts. The header is read by the fixture, on the primitives of this room.
import assert from 'node:assert/strict'
import type { KeyObject } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test, type TestContext } from 'node:test'
import { inflateSync } from 'node:zlib'
import { concat, hex } from '#kernel'
import { sha256 } from './digest.ts'
import { AgeFailure, identityOf, type Identity, openAge, type Outcome } from './fixtures/age.ts'
import { chunkOpener, chunkSealer, openChunks, sealChunks, sealedChunkBytes } from './stream.ts'

interface Vector {
  readonly name: string
  readonly expect: Outcome
  /** SHA-256 of all that may leave, also before a failure. */
  readonly payload: string | undefined
  readonly armored: boolean
  readonly identities: readonly Identity[]
  readonly file: Uint8Array
}

const folder = new URL('../../../shared/data/age-vectors/age/testdata/', import.meta.url)
const cipher = 'chacha20-poly1305'

const vectorsOf = (t: TestContext): readonly Vector[] => {
  if (existsSync(folder)) return readdirSync(folder).sort().map(readVector)
  t.skip('skipped: no shared data')
  return []
}

// Lines of `key: value`, an empty line, the file; keys are those of the README beside the vectors.
const readVector = (name: string): Vector => {
  const bytes = readFileSync(new URL(name, folder))
  const end = bytes.indexOf('\n\n')
  const lines = bytes.subarray(0, end).toString('utf8').split('\n')
  const all = lines.map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)] as const)
  const known = ['expect', 'payload', 'identity', 'passphrase', 'armored', 'compressed', 'file key', 'comment']
  for (const [key] of all) assert.ok(known.includes(key), `${name}: ${key}`)
  const first = (wanted: string): string | undefined => all.find(([key]) => key === wanted)?.[1]
  const rest = bytes.subarray(end + 2)
  return {
    name,
    expect: first('expect') as Outcome,
    payload: first('payload'),
    armored: first('armored') === 'yes',
    identities: all.flatMap(([key, value]): Identity[] =>
      key === 'identity' ? [identityOf(value)] : key === 'passphrase' ? [{ kind: 'scrypt', passphrase: value }] : [],
    ),
    file: first('compressed') === 'zlib' ? inflateSync(rest) : rest,
  }
}

/** The sealed chunks of a payload as they are cut by size; one without bytes where there are none at all. */
const cut = (payload: Uint8Array): readonly Uint8Array[] =>
  Array.from({ length: Math.max(1, Math.ceil(payload.length / sealedChunkBytes)) }, (_, i) =>
    payload.subarray(i * sealedChunkBytes, (i + 1) * sealedChunkBytes),
  )

/** All that opens, chunk after chunk, by a reader that does not know the length beforehand; and whether it came to the end. */
const released = (key: KeyObject, payload: Uint8Array): { readonly plain: Uint8Array; readonly whole: boolean } => {
  const opened: Uint8Array[] = []
  const chunks = cut(payload)
  for (const [i, chunk] of chunks.entries()) {
    const attempt = (last: boolean): Uint8Array | null => {
      try {
        return chunkOpener(cipher, key, i)(chunk, last)
      } catch {
        return null
      }
    }
    const middle = attempt(false)
    const found = middle ?? attempt(true)
    if (found) opened.push(found)
    if (middle) continue
    return { plain: concat(...opened), whole: found !== null && i === chunks.length - 1 }
  }
  return { plain: concat(...opened), whole: false }
}

const collect = async (chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> =>
  concat(...(await Array.fromAsync(chunks)))

// eslint-disable-next-line @typescript-eslint/require-await
async function* from(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}

test('[encryption-16] age: every vector ends as it says, and no byte leaves that it does not allow', (t) => {
  const vectors = vectorsOf(t)
  const ended: Partial<Record<Outcome, number>> = {}
  for (const { name, expect, payload, armored, identities, file } of vectors) {
    let outcome: Outcome
    try {
      const { key, payload: sealed } = openAge(file, armored, identities)
      const { plain, whole } = released(key, sealed)
      outcome = whole ? 'success' : 'payload failure'
      assert.equal(hex(sha256(plain)), payload, name)
    } catch (error) {
      if (!(error instanceof AgeFailure)) throw error
      outcome = error.outcome
    }
    assert.equal(outcome, expect, name)
    ended[outcome] = (ended[outcome] ?? 0) + 1
  }
  if (vectors.length === 0) return
  assert.equal(vectors.length, 143)
  // The page says the same: every outcome, with the number of its vectors.
  const page = readFileSync(new URL('../../docs/formats/vectors.md', import.meta.url), 'utf8')
  const listed = [...page.matchAll(/^\| age: ([\w ]+) \| (\d+) \|/gm)].map(([, outcome, count]) => [
    outcome,
    Number(count),
  ])
  assert.deepEqual(Object.fromEntries(listed), ended)
})

test('[encryption-19] age: a payload opens by our chunks where the vector is good, and never where it is not', async (t) => {
  const tried = { good: 0, bad: 0 }
  for (const { name, expect, payload, armored, identities, file } of vectorsOf(t)) {
    if (expect !== 'success' && expect !== 'payload failure') continue
    const { key, payload: sealed } = openAge(file, armored, identities)
    const chunks = cut(sealed)
    const opening = collect(openChunks({ open: chunkOpener(cipher, key) }, from(chunks), chunks.length))
    if (expect === 'payload failure') {
      tried.bad++
      await assert.rejects(opening, { code: 'cell-does-not-open' }, name)
      continue
    }
    tried.good++
    const plain = await opening
    assert.equal(hex(sha256(plain)), payload, name)
    // Sealed again under the same key, it is the same bytes.
    const again = sealChunks({ header: new Uint8Array(0), seal: chunkSealer(cipher, key) }, from([plain]))
    assert.ok(Buffer.from(sealed).equals(await collect(again)), name)
  }
  if (tried.good > 0) assert.deepEqual(tried, { good: 26, bad: 19 })
})
