// Signatures of every profile: golden files, an outsider with standard tools, and installations that follow a profile from the first key,
// change it, are backed up and come back. Keeps house-100.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { createPublicKey, verify } from 'node:crypto'
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { bringBack, type Config, type House, openHouse, readConfig } from '#server'
import { verifyRepository } from '#backup'
import { canonical, fromUtf8, services, utf8 } from '#kernel'
import {
  type ProfileName,
  profiles,
  type SignatureSuite,
  signatureSuites,
  signerOf,
  verifySignature,
} from '#encryption'
import { type NoteSuite, openNote, parseVerifierKey, verifierKeyLine } from '#journal'
import { readCertificate } from '#vault'
import { temporaryFolder } from '#testing'
import { parseNote, signNote } from '../../src/journal/checkpoint.ts'
import { parseSuccession } from '../../src/backup/succession.ts'
import { printCertificate } from '../../src/vault/certificate.ts'

const folder = temporaryFolder()
after(() => rm(folder, { recursive: true, force: true }))
const golden = async (name: string): Promise<string> =>
  readFile(new URL(`../golden/signatures/${name}`, import.meta.url), 'utf8')
const noteSuites: readonly NoteSuite[] = ['Ed25519', 'ML-DSA-65', 'SM2']
const userId = '1234567812345678'

const openssl = (...args: readonly string[]): string =>
  execFileSync('openssl', args, { cwd: folder, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const hasOpenssl = (): boolean => {
  try {
    return openssl('version').startsWith('OpenSSL 3')
  } catch {
    return false
  }
}

/** What somebody without this product does: openssl for Ed25519 and SM2, node:crypto for ML-DSA, which openssl knows from 3.5 on. */
const outsider = async (
  suite: SignatureSuite,
  pem: string,
  message: Uint8Array,
  signature: Uint8Array,
): Promise<boolean> => {
  if (suite === 'ML-DSA-65') return verify(null, message, createPublicKey(pem), signature)
  await writeFile(join(folder, 'key.pem'), pem)
  await writeFile(join(folder, 'signed'), message)
  await writeFile(join(folder, 'signature'), signature)
  const options = suite === 'SM2' ? ['-digest', 'sm3', '-pkeyopt', `distid:${userId}`] : []
  try {
    openssl(
      ...['pkeyutl', '-verify', '-pubin', '-inkey', 'key.pem', '-rawin', ...options],
      ...['-in', 'signed', '-sigfile', 'signature'],
    )
    return true
  } catch {
    return false
  }
}

test('[journal-100] the golden checkpoints open under their own key and suite alone', async () => {
  const notes = JSON.parse(await golden('notes-1.json')) as { suite: NoteSuite; key: string; note: string }[]
  assert.deepEqual(
    notes.map(({ suite }) => suite),
    noteSuites,
  )
  for (const { suite, key, note } of notes) {
    const parsed = parseVerifierKey(key)
    assert.ok(parsed)
    assert.equal(parsed.suite ?? 'Ed25519', suite)
    assert.equal(verifierKeyLine(parsed), key)
    assert.ok(openNote(note, [parsed], verifySignature))
    for (const other of notes) {
      const theirs = parseVerifierKey(other.key)
      assert.ok(theirs)
      assert.equal(openNote(note, [theirs], verifySignature) !== null, other.suite === suite)
    }
    // The same bytes as a key of another suite have another id: a note never moves to a weaker suite.
    for (const named of noteSuites.filter((one) => one !== suite))
      assert.equal(openNote(note, [{ ...parsed, suite: named }], verifySignature), null)
    assert.equal(openNote(note.replace('\n7\n', '\n8\n'), [parsed], verifySignature), null)
    // Who has no suite but Ed25519 believes no other.
    assert.equal(openNote(note, [parsed]) !== null, suite === 'Ed25519')
  }
})

test('[journal-100] the commands of docs/formats/checkpoint.md check a checkpoint of Ed25519 and of SM2', async (t) => {
  if (!hasOpenssl()) return t.skip('skipped: needs openssl 3')
  const page = await readFile(new URL('../../docs/formats/checkpoint.md', import.meta.url), 'utf8')
  const blocks = page
    .slice(page.indexOf('## To check one by hand'))
    .split('\n\n')
    .filter((block) => block.startsWith('    '))
  assert.equal(blocks.length, 2)
  const notes = JSON.parse(await golden('notes-1.json')) as { suite: NoteSuite; key: string; note: string }[]
  for (const [block, suite] of [
    [blocks[0] ?? '', 'Ed25519'],
    [`${blocks[0]?.split('\n')[0] ?? ''}\n${blocks[1] ?? ''}`, 'SM2'],
  ] as const) {
    const made = notes.find((one) => one.suite === suite)
    const line = made?.note.split('\n').at(-2)?.split(' ').at(-1)
    for (const [note, good] of [
      [made?.note, true],
      [made?.note.replace('\n7\n', '\n8\n'), false],
    ] as const) {
      await writeFile(join(folder, 'note'), note ?? '')
      const env = { ...process.env, SIG: line, KEY: made?.key.split('+').slice(2).join('+') }
      const run = (): string =>
        execFileSync('sh', ['-ec', block], { cwd: folder, env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
      if (good) assert.match(run(), /Signature Verified Successfully/, suite)
      else assert.throws(run, suite)
    }
  }
})

test('[journal-100] a note of any suite opens to what was signed; the line of a key is parsed to what was printed', () => {
  for (const suite of noteSuites) {
    const signer = signerOf('log', new Uint8Array(32).fill(5), suite)
    const key = parseVerifierKey(verifierKeyLine({ name: 'a.example/log', suite, publicKey: signer.publicKey }))
    assert.ok(key)
    for (const text of ['x\n', '守客\n\nlines\n', `${'0'.repeat(3000)}\n`]) {
      const note = signNote(text, 'a.example/log', signer)
      assert.equal(openNote(note, [key], verifySignature), text)
      assert.equal(parseNote(note)?.text, text)
    }
  }
  assert.throws(
    () => signNote('x\n', 'a', signerOf('log', new Uint8Array(32).fill(5), 'ECDSA-P256-SHA256')),
    RangeError,
  )
})

test('[vault-101] golden certificates of every suite hold, here and for an outsider; one that names another suite does not', async (t) => {
  for (const suite of noteSuites) {
    const text = await golden(`certificate-${suite.toLowerCase()}.json`)
    const certificate = readCertificate(text)
    assert.equal(certificate.suite, suite)
    assert.equal(printCertificate(certificate), text)
    const file = JSON.parse(text) as Record<string, unknown> & { publicKey: string; signature: string; signed: string }
    for (const change of [
      { suite: suite === 'SM2' ? 'ML-DSA-65' : 'SM2' },
      { suite: 'Ed25519' },
      { suite: undefined, format: 'holdfast-erasure-certificate-1' },
      { format: 'holdfast-erasure-certificate-3' },
    ]) {
      const changed = { ...file, ...change }
      const same = suite === 'Ed25519' && change.format === 'holdfast-erasure-certificate-1'
      if (!same) assert.throws(() => readCertificate(JSON.stringify(changed)), { code: 'certificate-invalid' })
    }
    if (suite !== 'ML-DSA-65' && !hasOpenssl()) {
      t.diagnostic(`${suite}: skipped: needs openssl 3`)
      continue
    }
    const signature = new Uint8Array(Buffer.from(file.signature, 'base64'))
    assert.ok(await outsider(suite, file.publicKey, utf8(file.signed), signature), suite)
    assert.ok(!(await outsider(suite, file.publicKey, utf8(`${file.signed} `), signature)), suite)
  }
})

test('[backup-101] golden statements of succession hold for their repository, and any change makes them nothing', async () => {
  const all = JSON.parse(await golden('successions-1.json')) as {
    repo: string
    from: string
    to: string
    file: string
  }[]
  assert.equal(all.length, 4)
  for (const { repo, from, to, file } of all) {
    assert.deepEqual(parseSuccession(repo, utf8(file)), { from, to })
    assert.equal(parseSuccession(services.system, utf8(file)), null)
    for (let at = 0; at < file.length; at += 37) {
      const bytes = utf8(file)
      bytes[at] = (bytes[at] ?? 0) ^ 1
      assert.equal(parseSuccession(repo, bytes), null, String(at))
    }
  }
})

const configIn = (name: string): Config =>
  readConfig(
    { data: join(folder, name, 'data'), keys: join(folder, name, 'keys'), repository: join(folder, name, 'backups') },
    {},
    folder,
  )

const owner = {
  name: 'Owner',
  email: 'owner@example.com',
  role: 'administrator',
  teamId: null,
  language: 'zh',
  password: 'harbour-Kite-9f2c-lantern',
  organisation: 'Harbour',
} as const

/** Of every signer but that of policies, which are in force before a profile is chosen at set-up. */
const suitesOfKeys = async (house: House): Promise<readonly string[]> => {
  const signers = (await house.keys.named.list()).filter(({ name }) => !/^policies\b/.test(name))
  return [...new Set(signers.flatMap(({ suite }) => suite ?? []))].sort()
}

/** Suites by which the checkpoints of the journal are signed, oldest first. */
const suitesOfNotes = async (house: House): Promise<readonly string[]> => {
  const rows = await house.store.owner((tx) =>
    tx.query<{ note: string }>({ text: 'select note from journal.checkpoint order by size' }),
  )
  const suites: string[] = []
  for (const { note } of rows) {
    const suite = (await house.journal.keyOf(note))?.suite ?? 'Ed25519'
    if (suites.at(-1) !== suite) suites.push(suite)
  }
  return suites
}

const eraseSomebody = async (house: House, userId: Parameters<House['actorOf']>[0]): Promise<string> => {
  const actor = await house.actorOf(userId, { channel: 'cli', ip: '', mfa: true, purpose: 'asked for' })
  const contact = await house.vault.create(actor, 'contact', { values: { name: '赵璟珩', mobile: '13800130001' } })
  const subject = await house.erasures.subjectOf(actor, 'contact', contact.id)
  const preview = await house.erasures.preview(actor, subject)
  const erased = await house.erasures.erase(actor, {
    subject: preview.subject,
    reason: 'asked for',
    code: preview.code,
  })
  const file = await house.erasures.certificate(actor, erased.facts.id)
  const verdict = await house.erasures.verify(actor, file)
  assert.deepEqual([verdict.ok, verdict.known], [true, true])
  return file
}

const manifestsOf = async (config: Config): Promise<readonly string[]> => {
  const names = (await readdir(join(config.repository, 'backups'))).filter((name) => name.endsWith('.manifest')).sort()
  return Promise.all(names.map((name) => readFile(join(config.repository, 'backups', name), 'utf8')))
}

const walk = async (profile: ProfileName, next: ProfileName): Promise<void> => {
  const config = configIn(`${profile}-to-${next}`)
  const { signature: suite } = profiles[profile]
  const { signature: suiteAfter } = profiles[next]
  let house = await openHouse(config, { create: true, profile })
  try {
    assert.deepEqual(await suitesOfKeys(house), [], 'nothing signs before there is something to sign')
    // But for the policies, which are in force from the first moment on.
    assert.deepEqual(
      (await house.keys.signers('policies')).map((one) => one.suite),
      [suite],
    )
    const { userId } = await house.setUp(owner)
    assert.equal(readCertificate(await eraseSomebody(house, userId)).suite, suite)
    const first = await house.backups.create({ type: 'full', repo: config.repository })
    await house.journal.sealUp(house.tenant)
    assert.deepEqual(await suitesOfKeys(house), [suite], 'every key from the first on is of the profile')
    assert.deepEqual(await suitesOfNotes(house), [suite])
    assert.equal((await house.journal.verify(house.tenant)).ok, true)
    const moved = await readFile(join(config.keys, 'backup.identity'), 'utf8')
    await rm(join(config.keys, 'backup.identity'))

    // Another profile, while the house is at work.
    const job = await house.jobs.start('keys.profile', { profile: next }, services.system)
    assert.equal((await house.jobs.run(job.id)).state, 'done')
    assert.equal(readCertificate(await eraseSomebody(house, userId)).suite, suiteAfter)
    await house.backups.create({ type: 'incremental', repo: config.repository })
    await house.journal.sealUp(house.tenant)
    assert.deepEqual(await suitesOfKeys(house), [suite, suiteAfter].sort())
    assert.deepEqual(await suitesOfNotes(house), [suite, suiteAfter])
    assert.equal((await house.journal.verify(house.tenant)).ok, true)
    assert.ok((await house.backups.verify({ repo: config.repository, level: 1 })).ok)

    // An identity moved away before pins the old key alone, and follows the statement to the new one.
    const told = await verifyRepository({ repo: config.repository, level: 2, identity: moved })
    assert.deepEqual(told.problems, [])
    assert.equal(told.backups.length, 2)
    const [full = '', increment = ''] = await manifestsOf(config)
    assert.equal(full.includes(`"key":"${suite}:`), suite !== 'Ed25519')
    assert.equal(increment.includes(`"key":"${suiteAfter}:`), suiteAfter !== 'Ed25519')

    // Killed and started again, it goes on with the keys it had.
    await house.close()
    await assert.rejects(openHouse(config, { create: true, profile }), { code: 'wrong-use' })
    house = await openHouse(config, { create: true, profile: next })
    assert.equal((await house.journal.verify(house.tenant)).ok, true)
    await house.backups.create({ type: 'full', repo: config.repository })
    const sheet = (await house.recoverySheet()).text('en')
    const entries = await house.journal.verify(house.tenant)

    // On a new machine, with the sheet and the identity of before.
    const back = { ...configIn(`${profile}-to-${next}-back`), repository: config.repository }
    await bringBack(back, { identity: moved, sheet, channel: 'cli' })
    const second = await openHouse(back, { create: false })
    try {
      const verdict = await second.journal.verify(second.tenant)
      assert.ok(verdict.ok && verdict.sealed > 0 && entries.ok)
      assert.deepEqual(await suitesOfKeys(second), [suite, suiteAfter].sort())
      await second.journal.sealUp(second.tenant)
      assert.deepEqual((await suitesOfNotes(second)).slice(0, 2), [suite, suiteAfter])
      await second.backups.create({ type: 'full', repo: config.repository })
    } finally {
      await second.close()
    }
    assert.ok((await verifyRepository({ repo: config.repository, level: 0, identity: moved })).ok)
    await downgraded(config, moved, first.id)
  } finally {
    await house.close()
  }
}

/** A manifest whose signature names another suite is believed by nobody, though the bytes of its key are the same. */
const downgraded = async (config: Config, identity: string, backup: string): Promise<void> => {
  const names = await readdir(join(config.repository, 'backups'))
  const path = join(config.repository, 'backups', names.find((name) => name.includes(backup)) ?? '')
  const text = fromUtf8(await readFile(path))
  const value = JSON.parse(text) as { manifest: unknown; signature: { key: string; value: string } }
  for (const named of signatureSuites) {
    const key = value.signature.key.replace(/^.*:/, '')
    const changed = named === 'Ed25519' ? key : `${named}:${key}`
    if (changed === value.signature.key) continue
    await writeFile(path, canonical({ ...value, signature: { ...value.signature, key: changed } }))
    const { ok, problems } = await verifyRepository({ repo: config.repository, level: 0, identity })
    assert.ok(!ok && problems.some(({ object }) => path.endsWith(object)), named)
  }
  await writeFile(path, text)
}

test('[house-100] [vault-109] [backup-109] gm from the first key, then post-quantum: signatures old and new hold, backups and their identity go on', () =>
  walk('gm', 'post-quantum'))

test('[house-100] [journal-101] [backup-101] international, then gm: what Ed25519 signed stays good, what comes after is SM2', () =>
  walk('international', 'gm'))

test('[server-108] a house made without a word takes the profile chosen at set-up before anything is sealed or signed', async () => {
  const config = configIn('chosen')
  const house = await openHouse(config, { create: true })
  try {
    assert.ok(!(await readdir(config.keys)).includes('backup.identity'))
    await house.setUp({ ...owner, profile: 'gm' })
    assert.deepEqual(await suitesOfKeys(house), ['SM2'])
    const { epochs } = await house.rotation.states()
    assert.deepEqual(
      epochs.map(({ state, profile }) => [state, profile]),
      [
        ['destroyed', 'international'],
        ['active', 'gm'],
      ],
    )
    await house.journal.sealUp(house.tenant)
    assert.deepEqual(await suitesOfNotes(house), ['SM2'])
    assert.ok((await readFile(join(config.keys, 'backup.identity'), 'utf8')).includes('verify: SM2:'))
  } finally {
    await house.close()
  }
})
