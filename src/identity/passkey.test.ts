// Passkeys with an authenticator in software that also answers wrongly on purpose: every such answer is refused.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test } from 'node:test'
import { authenticator, type Wrong } from '../../test/support/authenticator.ts'
import { away, home, password, refused, world } from '../../test/support/identity.ts'
import { services } from '#kernel'

const origin = 'https://localhost:8443'
const email = 'kim@example.org'

const enrolled = async () => {
  const w = await world()
  const user = await w.add(email)
  const signed = await w.identity.signIn({ email, password, ...home })
  const key = authenticator(origin)
  const options = await w.identity.passkeys.begin(user.id)
  const made = await w.identity.passkeys.finish(signed.session, key.create(options), 'Laptop', home)
  return { ...w, user, key, signed, made }
}

test('[identity-171] a passkey is added, listed, renamed, signs in alone as two factors, and is taken away', async () => {
  const w = await enrolled()
  assert.equal(w.made.recoveryCodes?.length, 10)
  await assert.rejects(w.identity.authenticate(w.signed.token, home), refused('not-signed-in'), 'the tokens are new')
  const here = await w.identity.authenticate(w.made.tokens.token, home)
  assert.equal(here.mfa, true)
  const [one] = await w.identity.passkeys.list(w.user.id)
  assert.ok(one)
  assert.deepEqual(
    { ...one, id: '', createdAt: '' },
    {
      id: '',
      name: 'Laptop',
      createdAt: '',
      usedAt: null,
      synced: true,
      backedUp: true,
    },
  )
  await w.identity.passkeys.rename(w.user.id, one.id, ' Work laptop ', { actor: w.user.id })
  w.clock.advance(1000)
  const passkey = w.key.get(await w.identity.passkeys.ask())
  const second = await w.identity.signInByPasskey({ passkey, ...away })
  assert.equal(second.user.id, w.user.id)
  assert.equal((await w.identity.authenticate(second.token, away)).mfa, true)
  const [used] = await w.identity.passkeys.list(w.user.id)
  assert.equal(used?.name, 'Work laptop')
  assert.deepEqual(used.usedAt, w.clock.now())
  // A second one, on another authenticator.
  const other = authenticator(origin)
  const options = await w.identity.passkeys.begin(w.user.id)
  assert.equal((options['excludeCredentials'] as unknown[]).length, 1)
  const added = await w.identity.passkeys.finish(second.session, other.create(options), 'Key', away)
  assert.equal(added.recoveryCodes, null, 'the recovery codes stay')
  await w.identity.passkeys.remove(second.session, one.id, away)
  const gone = w.identity.signInByPasskey({ passkey: w.key.get(await w.identity.passkeys.ask()), ...home })
  await assert.rejects(gone, refused('passkey-refused'))
  await w.identity.signInByPasskey({ passkey: other.get(await w.identity.passkeys.ask()), ...home })
  const acts = await w.acts()
  for (const act of ['passkey.add', 'passkey.rename', 'passkey.remove', 'session.denied'])
    assert.ok(acts.includes(act), act)
  await w.close()
})

test('[identity-171] beside a password the passkey is the second factor; a recovery code does instead, once', async () => {
  const w = await enrolled()
  const signIn = (more: { passkey?: unknown; code?: string }) =>
    w.identity.signIn({ email, password, ...home, ...more })
  await assert.rejects(signIn({}), refused('code-needed'))
  const ask = () => w.identity.passkeys.ask()
  const signed = await signIn({ passkey: w.key.get(await ask()) })
  assert.ok(signed.session.mfaAt)
  const code = w.made.recoveryCodes?.[3] ?? ''
  assert.ok((await signIn({ code })).session.mfaAt)
  await assert.rejects(signIn({ code }), refused('sign-in-failed'))
  // Somebody else's passkey is no second factor of this user.
  const other = await w.add('lee@example.org')
  const theirs = await w.identity.signIn({ email: 'lee@example.org', password, ...away })
  const stranger = authenticator(origin)
  await w.identity.passkeys.finish(
    theirs.session,
    stranger.create(await w.identity.passkeys.begin(other.id)),
    'x',
    away,
  )
  await assert.rejects(signIn({ passkey: stranger.get(await ask()) }), refused('sign-in-failed'))
  await w.close()
})

test('[identity-171] wrong origin, wrong relying party, nobody verified, nobody there: no passkey is added or taken', async () => {
  const w = await enrolled()
  const wrongs: Readonly<Record<string, Wrong>> = {
    'another page': { origin: 'https://localhost:9443' },
    'another host': { origin: 'https://holdfast.example' },
    'another relying party': { rpId: 'example.org' },
    'person not verified': { unverified: true },
    'nobody touched it': { absent: true },
    'another ceremony': { type: 'webauthn.other' },
    'a challenge of nobody': { challenge: Buffer.alloc(32, 7).toString('base64url') },
  }
  for (const [what, wrong] of Object.entries(wrongs)) {
    const options = await w.identity.passkeys.begin(w.user.id)
    const made = authenticator(origin).create(options, wrong)
    await assert.rejects(
      w.identity.passkeys.finish(w.signed.session, made, 'x', home),
      refused('passkey-refused'),
      `made: ${what}`,
    )
    const passkey = w.key.get(await w.identity.passkeys.ask(), wrong)
    await assert.rejects(w.identity.signInByPasskey({ passkey, ...home }), refused('passkey-refused'), `used: ${what}`)
  }
  assert.equal((await w.identity.passkeys.list(w.user.id)).length, 1)
  await w.close()
})

test('[identity-171] a signature of another key, a counter that went back, a handle of another user and an unknown key are refused', async () => {
  const w = await enrolled()
  const foreign = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
  for (const wrong of [{ key: foreign }, { userHandle: Buffer.from('other').toString('base64url') }, { counter: 1 }]) {
    const passkey = w.key.get(await w.identity.passkeys.ask(), wrong)
    await assert.rejects(w.identity.signInByPasskey({ passkey, ...home }), refused('passkey-refused'))
  }
  const nobody = authenticator(origin)
  nobody.create({ challenge: '', user: { id: '' } })
  const passkey = nobody.get(await w.identity.passkeys.ask())
  await assert.rejects(w.identity.signInByPasskey({ passkey, ...home }), refused('passkey-refused'))
  for (const nonsense of [
    null,
    7,
    'x',
    {},
    { id: 'x', response: {} },
    { id: 'x', response: { clientDataJSON: 'e30' } },
  ])
    await assert.rejects(w.identity.signInByPasskey({ passkey: nonsense, ...home }), refused('passkey-refused'))
  await w.close()
})

test('[identity-171] a challenge is answered once, within five minutes, and for what it was made', async () => {
  const w = await enrolled()
  const { identity, key, user } = w
  const passkey = key.get(await identity.passkeys.ask())
  await identity.signInByPasskey({ passkey, ...home })
  await assert.rejects(identity.signInByPasskey({ passkey, ...home }), refused('passkey-refused'), 'replayed')
  // Also where the first answer was wrong.
  const options = await identity.passkeys.ask()
  await assert.rejects(identity.signInByPasskey({ passkey: key.get(options, { unverified: true }), ...home }))
  await assert.rejects(identity.signInByPasskey({ passkey: key.get(options), ...home }), refused('passkey-refused'))
  const late = await identity.passkeys.ask()
  w.clock.advance(5 * 60_000)
  await assert.rejects(identity.signInByPasskey({ passkey: key.get(late), ...home }), refused('passkey-refused'))
  const confirming = await identity.passkeys.ask(user.id)
  await assert.rejects(identity.signInByPasskey({ passkey: key.get(confirming), ...home }), refused('passkey-refused'))
  const signed = await identity.signInByPasskey({ passkey: key.get(await identity.passkeys.ask()), ...home })
  const forSignIn = key.get(await identity.passkeys.ask())
  await assert.rejects(identity.confirm(signed.session, { passkey: forSignIn }, home), refused('passkey-refused'))
  const registering = key.create(await identity.passkeys.begin(user.id))
  await assert.rejects(identity.passkeys.finish(signed.session, registering, 'again', home), refused('already-exists'))
  await assert.rejects(identity.passkeys.finish(signed.session, registering, 'again', home), refused('passkey-refused'))
  await w.close()
})

test('[identity-171] a passkey goes on working while wrong passwords block its owner everywhere', async () => {
  const w = await enrolled()
  const wrong = () => w.identity.signIn({ email, password: 'not it', ...home })
  for (let n = 0; n < 5; n += 1) await assert.rejects(wrong(), refused('sign-in-failed'))
  await assert.rejects(wrong(), refused('too-many-attempts'))
  const signed = await w.identity.signInByPasskey({ passkey: w.key.get(await w.identity.passkeys.ask()), ...home })
  assert.equal(signed.user.id, w.user.id)
  w.users.set(w.user.id, { ...w.user, active: false })
  const off = w.identity.signInByPasskey({ passkey: w.key.get(await w.identity.passkeys.ask()), ...home })
  await assert.rejects(off, refused('passkey-refused'), 'whoever is switched off is nobody')
  await w.close()
})

test('[identity-171] an installation reached by a number has no passkeys, and says so', async () => {
  const w = await world({ site: () => ({ origin: 'https://192.0.2.1:8443' }) })
  const user = await w.add(email)
  assert.equal(w.identity.passkeys.possible(), false)
  await assert.rejects(w.identity.passkeys.begin(user.id), refused('passkey-host'))
  await assert.rejects(w.identity.passkeys.ask(), refused('passkey-host'))
  await w.close()
})

test('[identity-171] the administrator takes every factor of somebody who lost them; the password is enough again', async () => {
  const w = await enrolled()
  await w.identity.totp.reset(w.user.id, { actor: services.system })
  assert.equal((await w.identity.passkeys.list(w.user.id)).length, 0)
  assert.equal(await w.identity.recovery.left(w.user.id), 0)
  const signed = await w.identity.signIn({ email, password, ...home })
  assert.equal(signed.session.mfaAt, null)
  await assert.rejects(w.identity.authenticate(w.made.tokens.token, home), refused('not-signed-in'))
  await w.close()
})
