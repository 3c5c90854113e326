// What is lent, deputies, recertification and emergency access from the command line: one house, as several people.
import assert from 'node:assert/strict'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { after, test } from 'node:test'
import type { House } from '#server'
import { temporaryFolder } from '#testing'
import { command } from '../../test/support/command.ts'

test('[server-283] grants, deputies, recertify and emergency work as the person named, with that person’s rights and no others', async () => {
  const directory = temporaryFolder()
  const places = ['--data', join(directory, 'data'), '--keys', join(directory, 'keys'), '--json']
  const run = (...args: readonly string[]) => command([...args, ...places], directory)
  const good = async <T>(...args: readonly string[]): Promise<T> => {
    const outcome = await run(...args)
    assert.equal(outcome.code, 0, `${args.join(' ')}: ${outcome.stderr}`)
    return outcome.json() as T
  }
  const refused = async (code: string, ...args: readonly string[]): Promise<void> => {
    const outcome = await run(...args)
    assert.equal(outcome.code, code === 'wrong-use' ? 2 : 1, args.join(' '))
    assert.equal((JSON.parse(outcome.stderr) as { error: { code: string } }).error.code, code, args.join(' '))
  }
  const owner = 'owner@example.com'
  const made = await command(['init', ...places, '--admin-email', owner, '--password-stdin'], directory, 'harbour-Kite-9f2c-lantern\n') // prettier-ignore
  assert.equal(made.code, 0, made.stderr)
  // Open beside the verbs, as a running server would be: none of them has to start the database.
  const { openHouse, readConfig } = await import('#server')
  const house = await openHouse(readConfig({ data: join(directory, 'data'), keys: join(directory, 'keys') }, {}, directory), { create: false }) // prettier-ignore
  after(async () => {
    await house.close()
    await rm(directory, { recursive: true, force: true })
  })
  const { ann, bob, account, glass, running } = await furnish(house)
  const [asOwner, asAnn, asBob] = [owner, ann, bob].map((email) => ['--as', email]) as [string[], string[], string[]]
  const week = ['--until', new Date(Date.now() + 7 * 86_400_000).toISOString(), '--reason', 'holiday']

  const give = ['grants', 'give', 'account', account, '--to', bob, ...week]
  const { id } = await good<{ id: string }>(...give, '--level', 'read', ...asAnn)
  // Who sees a record because it is lent does not lend it on, and a role is not for anybody to give.
  await refused('denied', 'grants', 'give', 'account', account, '--to', owner, '--level', 'read', ...week, ...asBob)
  await refused('denied', 'grants', 'give', '--role', 'finance', '--to', bob, ...week, ...asAnn)
  await refused('wrong-use', ...give, '--level', 'all', ...asAnn)
  await refused('wrong-use', ...give, '--role', 'finance', '--level', 'read', ...asAnn)
  await refused('bad-value', ...give, '--level', 'read', '--until', 'soon', ...asAnn)
  const held = await good<Grants>('grants', 'list', ...asBob)
  assert.deepEqual([held.all, held.items.map((one) => one.id)], [false, [id]])
  await refused('not-found', 'grants', 'end', id, ...asBob)
  await good('grants', 'end', id.slice(0, 30), ...asAnn)
  const all = await good<Grants>('grants', 'list', ...asOwner)
  assert.deepEqual([all.all, all.items.map(({ endedAt }) => endedAt !== null)], [true, [true]])

  const named = await good<{ id: string; deputyId: string }>('deputies', 'appoint', bob, ...week, ...asAnn)
  await refused('denied', 'deputies', 'appoint', bob, '--of', owner, ...week, ...asAnn)
  const concerns = await good<{ items: { id: string; deputyId: string }[] }>('deputies', 'list', ...asBob)
  assert.deepEqual(concerns.items.map((one) => [one.id, one.deputyId]), [[named.id, named.deputyId]]) // prettier-ignore
  await good('deputies', 'end', named.id, ...asBob)
  await refused('not-found', 'deputies', 'end', named.id, ...asBob)

  await refused('denied', 'recertify', 'start', ...asBob)
  const campaign = await good<{ id: string }>('recertify', 'start', ...asOwner)
  const { items: lines } = await good<{ items: Line[] }>('recertify', 'show', ...asOwner)
  assert.deepEqual((await good<{ items: Line[] }>('recertify', 'show', ...asBob)).items, [])
  const [mine, others] = [lines.filter((one) => one.mine), lines.filter((one) => !one.mine)]
  assert.ok(mine.length >= 2 && others.length >= 1)
  const [first, second] = mine as [Line, Line]
  await refused('denied', 'recertify', 'decide', 'keep', others[0]?.id ?? '', '--reason', 'me', ...asOwner)
  await refused('not-found', 'recertify', 'decide', 'keep', first.id, '--reason', 'me', ...asBob)
  await good('recertify', 'decide', 'keep', first.id, second.id, '--reason', 'needed', ...asOwner)
  const { items: campaigns } = await good<{ items: { id: string; kept: number }[] }>('recertify', 'list', ...asOwner)
  assert.deepEqual(campaigns.map((one) => [one.id, one.kept]), [[campaign.id, 2]]) // prettier-ignore

  // Nobody opens one from here, nobody judges their own, and nobody ends one of others without the right.
  await refused('wrong-use', 'emergency', 'open', ...asAnn)
  await refused('denied', 'emergency', 'review', glass, 'justified', '--note', 'mine', ...asAnn)
  await refused('not-found', 'emergency', 'end', running, ...asBob)
  await good('emergency', 'end', running, ...asOwner)
  await good('emergency', 'review', glass, 'unjustified', '--note', 'no fire at all', ...asOwner)
  const { items: glasses } = await good<{ items: { id: string; justified: boolean | null }[] }>('emergency', 'list', ...asOwner) // prettier-ignore
  assert.deepEqual(new Map(glasses.map((one) => [one.id, one.justified])), new Map([[running, null], [glass, false]])) // prettier-ignore

  const told = await acts(house)
  for (const act of [
    'grant.give',
    'grant.revoke',
    'deputy.name',
    'deputy.end',
    'recertify.start',
    'recertify.keep',
    'break-glass.end',
    'break-glass.review',
  ])
    // prettier-ignore
    assert.ok(told.has(`${act} cli`), act)
})

interface Grants {
  readonly all: boolean
  readonly items: readonly { readonly id: string; readonly endedAt: string | null }[]
}

interface Line {
  readonly id: string
  readonly mine: boolean
}

/** Two people who sell, a record of the first, and her emergency accesses: one that is over, one that runs. */
const furnish = async (house: House) => {
  const person = async (name: string) => {
    const email = `${name}@example.com`
    const { id } = await house.vault.create(house.system, 'user', {
      values: { name, email, role: 'sales', active: true, language: 'en' },
    })
    return { email, actor: await house.actorOf(id, { channel: 'web', ip: '', mfa: true, purpose: '' }) }
  }
  const [ann, bob] = [await person('ann'), await person('bob')]
  const account = await house.vault.create(ann.actor, 'account', { values: { name: 'Lent Ltd' } })
  const wish = { type: 'account', scope: 'record', of: account.id, reason: 'fire', minutes: 30 } as const
  const glass = await house.breakGlass.open(ann.actor, wish)
  await house.breakGlass.end(ann.actor, glass.id)
  const running = await house.breakGlass.open(ann.actor, wish)
  return { ann: ann.email, bob: bob.email, account: account.id, glass: glass.id, running: running.id }
}

/** What the journal holds, with the way it came. */
const acts = async (house: House): Promise<ReadonlySet<string>> => {
  const scope = { tenant: house.tenant, principal: house.system.principal.id }
  const { items } = await house.store.transaction(scope, (tx) => house.journal.list(tx, house.tenant, { limit: 500 }))
  return new Set(items.map(({ act, channel }) => `${act} ${channel}`))
}
