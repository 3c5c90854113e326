// Confirmations with their age, second factors that roles must have, recovery codes and remembered browsers.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authenticator } from '../../test/support/authenticator.ts'
import { away, home, password, refused, world } from '../../test/support/identity.ts'
import { services } from '#kernel'
import { totpCode, totpStep } from './totp.ts'

const email = 'kim@example.org'
const origin = 'https://localhost:8443'

type World = Awaited<ReturnType<typeof world>>

const enrol = async (w: World, userId: string, session: string) => {
  const { uri } = await w.identity.totp.begin(userId)
  const secret = base32(/secret=([A-Z2-7]+)/.exec(uri)?.[1] ?? '')
  const code = (): string => {
    // Each code is good once, so the clock moves on by a step.
    w.clock.advance(30_000)
    return totpCode(secret, totpStep(w.clock.now()))
  }
  const done = await w.identity.totp.confirm(userId, code(), { actor: userId, session })
  return { code, ...done }
}

const base32 = (text: string): Buffer => {
  const bits = Array.from(text, (sign) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(sign).toString(2).padStart(5, '0'),
  ).join('')
  return Buffer.from((bits.match(/.{8}/g) ?? []).map((byte) => parseInt(byte, 2)))
}

test('[identity-172] a confirmation counts for ten minutes, then the password is asked for again', async () => {
  const w = await world()
  const user = await w.add(email)
  const signed = await w.identity.signIn({ email, password, ...home })
  const fresh = async () => w.identity.demandFresh((await w.identity.authenticate(signed.token, home)).session, home)
  await fresh()
  w.clock.advance(10 * 60_000)
  await assert.rejects(fresh(), refused('confirm-needed'))
  const { session } = await w.identity.authenticate(signed.token, home)
  await assert.rejects(w.identity.confirm(session, { password: 'not it' }, home), refused('sign-in-failed'))
  await assert.rejects(fresh(), refused('confirm-needed'))
  await w.identity.confirm(session, { password }, home)
  await fresh()
  assert.equal((await w.identity.authenticate(signed.token, home)).mfa, false, 'a password is no second factor')
  await w.identity.rules.set({ secondFactorRoles: [], confirmMinutes: 1 }, { actor: user.id })
  w.clock.advance(60_000)
  await assert.rejects(fresh(), refused('confirm-needed'))
  await w.identity.demandFresh((await w.identity.authenticate(signed.token, home)).session, home, password)
  for (const confirmMinutes of [0, 61, 1.5])
    await assert.rejects(
      w.identity.rules.set({ secondFactorRoles: [], confirmMinutes }, { actor: user.id }),
      refused('bad-value'),
    )
  const acts = await w.acts()
  for (const act of ['session.confirm', 'password.denied', 'sign-in-rules.change']) assert.ok(acts.includes(act), act)
  await w.close()
})

test('[identity-172] whoever has a second factor confirms with it: the password alone is not enough', async () => {
  const w = await world()
  const user = await w.add(email)
  const signed = await w.identity.signIn({ email, password, ...home })
  const factor = await enrol(w, user.id, signed.session.id)
  const token = factor.tokens?.token ?? ''
  const session = async () => (await w.identity.authenticate(token, home)).session
  await w.identity.demandFresh(await session(), home)
  w.clock.advance(10 * 60_000)
  await assert.rejects(w.identity.demandFresh(await session(), home), refused('confirm-needed'))
  await assert.rejects(w.identity.confirm(await session(), { password }, home), refused('code-needed'))
  await assert.rejects(w.identity.demandFresh(await session(), home, password), refused('confirm-needed'))
  await assert.rejects(w.identity.confirm(await session(), { code: '000000' }, home), refused('sign-in-failed'))
  const code = factor.code()
  await w.identity.confirm(await session(), { code }, home)
  await w.identity.demandFresh(await session(), home)
  await assert.rejects(
    w.identity.confirm(await session(), { code }, home),
    refused('sign-in-failed'),
    'a code works once',
  )
  assert.deepEqual((await session()).mfaAt, w.clock.now(), 'the age of the second factor begins anew')
  const key = authenticator(origin)
  const added = await w.identity.passkeys.finish(
    await session(),
    key.create(await w.identity.passkeys.begin(user.id)),
    'k',
    home,
  )
  const now = async () => (await w.identity.authenticate(added.tokens.token, home)).session
  w.clock.advance(11 * 60_000)
  await assert.rejects(w.identity.demandFresh(await now(), home), refused('confirm-needed'))
  const passkey = key.get(await w.identity.passkeys.ask(user.id))
  await w.identity.confirm(await now(), { passkey }, home)
  await w.identity.demandFresh(await now(), home)
  // Wrong proofs are counted as wrong passwords are.
  for (let n = 0; n < 4; n += 1)
    await assert.rejects(w.identity.confirm(await now(), { code: '111111' }, home), refused('sign-in-failed'))
  await assert.rejects(w.identity.confirm(await now(), { code: '111111' }, home), refused('too-many-attempts'))
  await w.close()
})

test('[identity-6] recovery codes are renewed: the old ones are worth nothing, and without a factor there are none', async () => {
  const w = await world()
  const user = await w.add(email)
  await assert.rejects(w.identity.recovery.renew(user.id, { actor: user.id }), refused('bad-input'))
  const signed = await w.identity.signIn({ email, password, ...home })
  const factor = await enrol(w, user.id, signed.session.id)
  const fresh = await w.identity.recovery.renew(user.id, { actor: user.id })
  assert.equal(new Set([...fresh, ...factor.recoveryCodes]).size, 20)
  const signIn = (code: string | undefined) => w.identity.signIn({ email, password, ...home, code: code ?? '' })
  await assert.rejects(signIn(factor.recoveryCodes[0]), refused('sign-in-failed'))
  await signIn(fresh[0])
  assert.equal(await w.identity.recovery.left(user.id), 9)
  await w.close()
})

test('[identity-173] a role that needs a second factor opens nothing before it has one; open sessions are asked too', async () => {
  const w = await world()
  const user = await w.add(email, 'administrator')
  const signed = await w.identity.signIn({ email, password, ...home })
  const must = async () => (await w.identity.authenticate(signed.token, home)).mustEnrol
  assert.equal(await must(), false)
  await w.identity.rules.set({ secondFactorRoles: ['administrator'], confirmMinutes: 10 }, { actor: user.id })
  assert.equal(await must(), true)
  assert.equal((await w.identity.signIn({ email, password, ...away })).mustEnrol, true)
  await w.add('lee@example.org', 'sales')
  assert.equal((await w.identity.signIn({ email: 'lee@example.org', password, ...away })).mustEnrol, false)
  const { tokens } = await enrol(w, user.id, signed.session.id)
  assert.equal((await w.identity.authenticate(tokens?.token ?? '', home)).mustEnrol, false)
  await w.close()
})

test('[identity-174] a remembered browser spares the code for 30 days, and never counts as one', async () => {
  const w = await world()
  const user = await w.add(email)
  const plain = await w.identity.signIn({ email, password, ...home, remember: true })
  assert.equal(plain.device, undefined, 'a password alone makes no browser one’s own')
  const factor = await enrol(w, user.id, plain.session.id)
  const first = await w.identity.signIn({ email, password, ...home, code: factor.code(), remember: true })
  const device = first.device ?? ''
  assert.match(device, /^[\w-]{43}$/)
  assert.ok(first.session.deviceId)
  const again = await w.identity.signIn({ email, password, ...home, device })
  assert.equal(again.session.deviceId, first.session.deviceId)
  assert.equal(again.session.mfaAt, null)
  await assert.rejects(w.identity.demandFresh(again.session, home), refused('confirm-needed'))
  const asked = (token: string) => w.identity.signIn({ email, password, ...home, device: token })
  await assert.rejects(asked('x'), refused('code-needed'))
  // It is of one person.
  await w.add('lee@example.org')
  const other = await w.identity.signIn({ email: 'lee@example.org', password, ...home, device })
  assert.equal(other.session.deviceId, null)
  const [row] = await w.store.transaction(w.scope, (tx) =>
    tx.query<{ all: string }>({ text: `select d::text as all from identity.device d` }),
  )
  assert.ok(!row?.all.includes(device))
  w.clock.advance(30 * 86_400_000)
  await assert.rejects(asked(device), refused('code-needed'))
  await w.close()
})

test('[identity-174] a browser is forgotten by its owner, with its session, and with a new password', async () => {
  const w = await world()
  const user = await w.add(email)
  const plain = await w.identity.signIn({ email, password, ...home })
  const factor = await enrol(w, user.id, plain.session.id)
  const remember = async () => {
    const signed = await w.identity.signIn({ email, password, ...home, code: factor.code(), remember: true })
    return { signed, device: signed.device ?? '' }
  }
  const asked = (device: string) => w.identity.signIn({ email, password, ...home, device })
  const one = await remember()
  await w.identity.signOut(one.signed.token, home)
  const back = await asked(one.device)
  assert.equal((await w.identity.devices.list(user.id)).length, 1)
  await w.identity.devices.forget(user.id, back.session.deviceId ?? '', { actor: user.id })
  await assert.rejects(
    w.identity.devices.forget(user.id, back.session.deviceId ?? '', { actor: user.id }),
    refused('not-found'),
  )
  await assert.rejects(asked(one.device), refused('code-needed'))
  const two = await remember()
  await w.identity.revoke(user.id, two.signed.session.id, { actor: services.system })
  await assert.rejects(asked(two.device), refused('code-needed'))
  const three = await remember()
  const four = await remember()
  assert.ok((await w.identity.revokeOthers(four.signed.session, { actor: user.id })) >= 1)
  await assert.rejects(asked(three.device), refused('code-needed'))
  await asked(four.device)
  await w.identity.setPassword(user.id, 'lunar-cactus-88-tram', { actor: services.system })
  const changed = w.identity.signIn({ email, password: 'lunar-cactus-88-tram', ...home, device: four.device })
  await assert.rejects(changed, refused('code-needed'))
  await w.close()
})

test('[identity-5] wrong passwords from many networks only slow an account down; its owner still comes in', async () => {
  const w = await world()
  await w.add(email)
  let refusals = 0
  for (let network = 0; network < 8; network += 1) {
    for (let n = 0; n < 3; n += 1) {
      const there = { ip: `10.9.${String(network)}.${String(n)}`, userAgent: 'attacker' }
      await w.identity.signIn({ email, password: 'not it', ...there }).catch(() => (refusals += 1))
    }
  }
  assert.equal(refusals, 24)
  const signed = await w.identity.signIn({ email, password, ...home })
  assert.equal(signed.user.email, email)
  assert.ok(w.pauses.length > 0 && Math.max(...w.pauses) <= w.identity.limits.longestDelayMs, 'slowed, never locked')
  await w.close()
})
