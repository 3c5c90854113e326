// Sign-in, sessions, throttle, second factor and set-up on the real database with real hashes; only people and the clock are ours.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { away, home, password, refused, world } from '../../test/support/identity.ts'
import { hex, isFault, newId, services } from '#kernel'
import { identityChecks } from './index.ts'
import { totpCode, totpStep } from './totp.ts'

test('[identity-2] a session opens with the right password, and the database holds neither token nor csrf value', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  const signed = await w.identity.signIn({ email: ' Kim@Example.org ', password, ...home })
  assert.equal(signed.user.id, user.id)
  const who = await w.identity.authenticate(signed.token, home)
  assert.equal(who.user.id, user.id)
  assert.equal(who.mfa, false)
  w.identity.checkCsrf(signed.token, signed.csrf)
  assert.equal(w.identity.csrfOf(signed.token), signed.csrf)
  assert.throws(() => w.identity.checkCsrf(signed.token, signed.token), refused('csrf-refused'))
  const [row] = await w.store.transaction(w.scope, (tx) =>
    tx.query<{ all: string }>({ text: `select s::text as all from identity.session s` }),
  )
  assert.ok(!row?.all.includes(signed.token) && !row?.all.includes(hex(Buffer.from(signed.token, 'base64url'))))
  await w.close()
})

test('[identity-2] a session ends when idle, at its absolute age, at sign-out and for nonsense, all with one face', async () => {
  const w = await world()
  await w.add('kim@example.org')
  const signIn = () => w.identity.signIn({ email: 'kim@example.org', password, ...home })
  const idle = await signIn()
  w.clock.advance(59 * 60_000)
  await w.identity.authenticate(idle.token, home)
  w.clock.advance(61 * 60_000)
  await assert.rejects(w.identity.authenticate(idle.token, home), refused('not-signed-in'))
  const used = await signIn()
  for (let n = 0; n < 14; n += 1) {
    w.clock.advance(50 * 60_000)
    await w.identity.authenticate(used.token, home)
  }
  w.clock.advance(21 * 60_000)
  await assert.rejects(w.identity.authenticate(used.token, home), refused('not-signed-in'))
  const out = await signIn()
  await w.identity.signOut(out.token, home)
  await assert.rejects(w.identity.authenticate(out.token, home), refused('not-signed-in'))
  for (const token of ['', 'x', '-'.repeat(43), 'A'.repeat(43), `${out.token}=`]) {
    await assert.rejects(w.identity.authenticate(token, home), refused('not-signed-in'))
  }
  await w.close()
})

test('[identity-3] a new password gives the session new tokens and ends the others; deactivation ends all', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  const here = await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  const there = await w.identity.signIn({ email: 'kim@example.org', password, ...away })
  await assert.rejects(
    w.identity.changePassword(here.session, 'not it', 'lunar-cactus-88-tram', home),
    refused('sign-in-failed'),
  )
  const tokens = await w.identity.changePassword(here.session, password, 'lunar-cactus-88-tram', home)
  await w.identity.authenticate(tokens.token, home)
  for (const old of [here.token, there.token])
    await assert.rejects(w.identity.authenticate(old, home), refused('not-signed-in'))
  w.users.set(user.id, { ...user, active: false })
  await assert.rejects(w.identity.authenticate(tokens.token, home), refused('not-signed-in'))
  assert.equal(await w.identity.revokeAll(user.id, { actor: services.system }), 1)
  const failed = w.identity.signIn({ email: 'kim@example.org', password: 'lunar-cactus-88-tram', ...home })
  await assert.rejects(failed, refused('sign-in-failed'))
  await w.close()
})

test('[identity-3] signing in ends the session the browser had before', async () => {
  const w = await world()
  await w.add('kim@example.org')
  const before = await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  const after = await w.identity.signIn({ email: 'kim@example.org', password, ...home, replaces: before.token })
  assert.notEqual(after.token, before.token)
  await assert.rejects(w.identity.authenticate(before.token, home), refused('not-signed-in'))
  await w.close()
})

test('[identity-3] a one-time password is marked until it is replaced', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  const once = await w.identity.resetPassword(user.id, { actor: services.system })
  const signed = await w.identity.signIn({ email: 'kim@example.org', password: once, ...home })
  assert.equal(signed.mustChangePassword, true)
  assert.equal((await w.identity.authenticate(signed.token, home)).mustChangePassword, true)
  const tokens = await w.identity.changePassword(signed.session, once, password, home)
  assert.equal((await w.identity.authenticate(tokens.token, home)).mustChangePassword, false)
  await w.close()
})

test('[identity-4] a thousand wrong passwords, many at once, reach the hash only a few times', async () => {
  const w = await world()
  await w.add('kim@example.org')
  const outcomes = new Map<string, number>()
  for (let round = 0; round < 10; round += 1) {
    const tries = Array.from({ length: 100 }, (_, n) =>
      w.identity.signIn({ email: 'kim@example.org', password: `wrong ${n}`, ...home }).then(
        () => 'in',
        (error: unknown) => (isFault(error) ? error.code : String(error)),
      ),
    )
    for (const outcome of await Promise.all(tries)) outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1)
    w.clock.advance(1000)
  }
  assert.deepEqual([...outcomes.keys()].sort(), ['sign-in-failed', 'too-many-attempts'])
  assert.equal(outcomes.get('sign-in-failed'), 5)
  const rows = await w.store.transaction(w.scope, (tx) =>
    tx.query<{ all: string }>({ text: `select t::text as all from identity.throttle t` }),
  )
  assert.equal(rows.length, 3)
  assert.ok(rows.every((row) => !/kim|example|192\.0/.test(row.all)))
  await w.close()
})

test('[identity-4] the pause doubles up to 15 minutes and goes after a right password', async () => {
  const w = await world()
  await w.add('kim@example.org')
  const seconds: number[] = []
  const tryOnce = (given: string) => w.identity.signIn({ email: 'kim@example.org', password: given, ...home })
  for (let n = 0; n < 4; n += 1) await assert.rejects(tryOnce('wrong'), refused('sign-in-failed'))
  for (let n = 0; n < 8; n += 1) {
    await assert.rejects(tryOnce('wrong'), refused('sign-in-failed'))
    const blocked: unknown = await tryOnce(password).catch((error: unknown) => error)
    assert.ok(isFault(blocked, 'too-many-attempts'))
    const wait = Number(blocked.details['seconds'])
    seconds.push(wait)
    w.clock.advance(wait * 1000)
  }
  assert.deepEqual(seconds, [15, 30, 60, 120, 240, 480, 900, 900])
  await tryOnce(password)
  await assert.rejects(tryOnce('wrong'), refused('sign-in-failed'))
  await tryOnce(password)
  await w.close()
})

test('[identity-5] an attack from one network does not keep the owner out from another, though it slows', async () => {
  const w = await world()
  await w.add('kim@example.org')
  for (let net = 0; net < 6; net += 1) {
    for (let n = 0; n < 5; n += 1) {
      const attacker = { ip: `203.0.${net}.${n}`, userAgent: 'x' }
      await assert.rejects(
        w.identity.signIn({ email: 'kim@example.org', password: 'wrong', ...attacker }),
        refused('sign-in-failed'),
      )
    }
  }
  assert.ok(w.pauses.length >= 9 && Math.max(...w.pauses) <= 4000)
  await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  await w.close()
})

test('[identity-5] an unknown e-mail is answered like a wrong password, after the same work', async () => {
  const w = await world()
  await w.add('kim@example.org')
  // Processor time of all threads: what else runs on the machine counts for neither.
  const work = async (email: string, n: number): Promise<readonly [number, string]> => {
    const from = process.cpuUsage()
    const where = { ip: `198.51.${String(n)}.7`, userAgent: 'test' }
    const error: unknown = await w.identity.signIn({ email, password: 'wrong', ...where }).catch((e: unknown) => e)
    assert.ok(isFault(error, 'sign-in-failed'))
    const { user, system } = process.cpuUsage(from)
    return [user + system, error.message]
  }
  await work('nobody@example.org', 99)
  const [unknown, known]: [(readonly [number, string])[], (readonly [number, string])[]] = [[], []]
  // A thread of the pool that has no memory yet works three times as long. The threads take turns, so the two kinds must not: in this
  // order (Thue–Morse) each kind meets each thread.
  for (const [n, kind] of '0110100110010110'.split('').entries())
    if (kind === '0') unknown.push(await work(`nobody${String(n)}@example.org`, n))
    else known.push(await work('kim@example.org', n))
  // What else this process does only ever adds: the least of each is what was asked for.
  const least = (list: readonly (readonly [number, string])[]): number => Math.min(...list.map(([spent]) => spent))
  const ratio = least(unknown) / least(known)
  assert.ok(ratio > 0.4 && ratio < 2.5, `ratio ${String(ratio)}`)
  assert.equal(new Set([...unknown, ...known].map(([, text]) => text)).size, 1)
  await w.close()
})

test('[identity-6] with a second factor a code is asked for, works once, and recovery codes work once', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  const first = await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  const { secret, uri } = await w.identity.totp.begin(user.id)
  assert.ok(uri.includes(secret))
  const raw = fromBase32(secret)
  const code = (): string => totpCode(raw, totpStep(w.clock.now()))
  await assert.rejects(w.identity.totp.confirm(user.id, '000000', { actor: user.id }), refused('bad-value'))
  const by = { actor: user.id, session: first.session.id, ...home }
  const { recoveryCodes, tokens } = await w.identity.totp.confirm(user.id, code(), by)
  assert.equal(recoveryCodes.length, 10)
  await assert.rejects(w.identity.authenticate(first.token, home), refused('not-signed-in'))
  assert.equal((await w.identity.authenticate(tokens?.token ?? '', home)).mfa, true)
  await assert.rejects(w.identity.totp.begin(user.id), refused('already-exists'))

  const signIn = (given?: string) =>
    w.identity.signIn({ email: 'kim@example.org', password, ...home, ...(given === undefined ? {} : { code: given }) })
  await assert.rejects(signIn(), refused('code-needed'))
  await assert.rejects(signIn(code()), refused('sign-in-failed'), 'the code that confirmed is spent')
  w.clock.advance(30_000)
  const now = code()
  const two = await Promise.allSettled([signIn(now), signIn(now)])
  assert.deepEqual(two.map((one) => one.status).sort(), ['fulfilled', 'rejected'])
  const recovery = recoveryCodes[3] ?? ''
  assert.notEqual((await signIn(recovery.toUpperCase().replace('-', ' '))).session.mfaAt, null)
  await assert.rejects(signIn(recovery), refused('sign-in-failed'))
  const [row] = await w.store.transaction(w.scope, (tx) =>
    tx.query<{ all: string }>({ text: `select c::text as all from identity.credential c` }),
  )
  assert.ok(!row?.all.includes(hex(raw)))
  assert.ok(recoveryCodes.every((one) => !row?.all.includes(one)))

  const last = await signIn(recoveryCodes[5])
  await w.identity.totp.remove(last.session, home)
  await signIn()
  await w.close()
})

test('[identity-7] the set-up link works once, for 24 hours, and again after a failed set-up', async () => {
  const w = await world()
  const use = <T>(token: string, work: () => Promise<T>) => w.identity.useSetupLink(token, home, work)
  const done = () => Promise.resolve('done')
  const stale = await w.identity.newSetupLink()
  const token = await w.identity.newSetupLink()
  await assert.rejects(use(stale, done), refused('setup-link-invalid'))
  await assert.rejects(
    use(token, () => Promise.reject(new Error('disk'))),
    /disk/,
  )
  assert.equal(await w.identity.setupLinkOpen(), true)
  const two = await Promise.allSettled([use(token, done), use(token, done)])
  assert.deepEqual(two.map((one) => one.status).sort(), ['fulfilled', 'rejected'])
  assert.equal(await w.identity.setupLinkOpen(), false)
  const late = await w.identity.newSetupLink()
  w.clock.advance(24 * 3_600_000)
  await assert.rejects(use(late, done), refused('setup-link-invalid'))
  await w.close()
})

test('[identity-9] everything is in the journal with its address, and no entry holds an e-mail or a password', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  await assert.rejects(w.identity.signIn({ email: 'kim@example.org', password: 'guess-guess', ...away }))
  await assert.rejects(w.identity.signIn({ email: 'other@example.org', password: 'guess-guess', ...away }))
  const signed = await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  await w.identity.authenticate(signed.token, away)
  await w.identity.revoke(user.id, signed.session.id, { actor: user.id, ...home })
  assert.deepEqual((await w.acts()).toReversed(), [
    'password.change',
    'session.denied',
    'session.denied',
    'session.create',
    'session.move',
    'session.revoke',
  ])
  const rows = await w.store.transaction(w.scope, (tx) =>
    tx.query<{ body: string }>({ text: `select convert_from(body, 'UTF8') as body from journal.entry order by id` }),
  )
  for (const { body } of rows) assert.doesNotMatch(body, /kim|other@|guess|otter/)
  assert.match(rows[1]?.body ?? '', /198\.51\.100\.7/)
  await w.close()
})

test('[identity-10] a stolen cookie used from elsewhere is marked in the list and can be ended', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  const signed = await w.identity.signIn({ email: 'kim@example.org', password, ...home })
  await w.identity.authenticate(signed.token, away)
  const [session] = await w.identity.sessions(user.id)
  assert.deepEqual(
    [session?.firstIp, session?.lastIp, session?.suspicious, session?.userAgent],
    ['192.0.2.10', '198.51.100.7', true, 'browser A'],
  )
  const stranger = await w.add('lee@example.org')
  await assert.rejects(w.identity.revoke(stranger.id, signed.session.id, { actor: stranger.id }), refused('not-found'))
  await w.identity.revoke(user.id, signed.session.id, { actor: user.id })
  await assert.rejects(w.identity.authenticate(signed.token, away), refused('not-signed-in'))
  assert.equal((await w.identity.sessions(user.id)).length, 0)
  await w.close()
})

test('[identity-8] the checks measure the database: no second factor fails, weak hashes and dormant users are found', async () => {
  const w = await world()
  const user = await w.add('kim@example.org')
  await w.store.transaction(w.scope, (tx) =>
    tx.query({
      text: `insert into crm.app_user (tenant_id, id, version, subject_id, created_by, created_at, updated_by, updated_at, role, active)
        values ($1, $2, 1, $2, $2, now(), $2, now(), 'administrator', true)`,
      values: [w.tenant, user.id],
    }),
  )
  const run = async (): Promise<Readonly<Record<string, string>>> => {
    const query = <Row extends object>(text: string, values?: readonly unknown[]) =>
      w.store.transaction(w.scope, (tx) => tx.query<Row>({ text, ...(values ? { values } : {}) }), { readOnly: true })
    const found = identityChecks().map(async (check) => {
      const result = await check.run({ query, tenant: w.tenant, now: w.clock.now() })
      assert.ok(result.finding.zh && result.finding.en)
      assert.doesNotMatch(JSON.stringify(result), /kim/)
      return [check.control, result.state] as const
    })
    return Object.fromEntries(await Promise.all(found))
  }
  const fresh = {
    'IAM-01': 'pass',
    'IAM-02': 'fail',
    'IAM-03': 'pass',
    'IAM-04': 'pass',
    'IAM-05': 'pass',
    'IAM-06': 'pass',
  }
  assert.deepEqual(await run(), fresh)
  await w.identity.newSetupLink()
  assert.equal((await run())['IAM-05'], 'fail')
  const { secret } = await w.identity.totp.begin(user.id)
  await w.identity.totp.confirm(user.id, totpCode(fromBase32(secret), totpStep(w.clock.now())), { actor: user.id })
  w.clock.advance(91 * 86_400_000)
  await w.store.transaction(w.scope, (tx) =>
    tx.query({
      text: `insert into identity.credential (tenant_id, user_id, password_hash, changed_at)
        values ($1, $2, '$argon2id$v=19$m=4096,t=1,p=1$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaA', $3)`,
      values: [w.tenant, newId(), w.clock.now()],
    }),
  )
  const later = {
    'IAM-01': 'fail',
    'IAM-02': 'pass',
    'IAM-03': 'fail',
    'IAM-04': 'pass',
    'IAM-05': 'pass',
    'IAM-06': 'fail',
  }
  assert.deepEqual(await run(), later)
  await w.close()
})

const fromBase32 = (text: string): Uint8Array => {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'
  const bits = Array.from(text, (letter) => alphabet.indexOf(letter).toString(2).padStart(5, '0')).join('')
  return Uint8Array.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}
