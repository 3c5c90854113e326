// The tree of keys as a page draws it, what still needs an epoch, and the recovery sheet once more. Keeps server-110, server-111.
import { access } from 'node:fs/promises'
import { sha256, suites } from '#encryption'
import { Fault, hex, isFault } from '#kernel'
import { readRecipient } from './backup-writer.ts'
import type { EpochNeedsAnswer, KeyTreeAnswer, SheetAnswer } from './contract/keys.ts'
import type { House } from './house.ts'
import type { GuardedRoute } from './route.ts'
import {
  answer,
  boolean,
  both,
  integer,
  list,
  mapOf,
  nullable,
  oneOf,
  orNull,
  request,
  string,
  text,
} from './schema.ts'

export const keyTreeRoutes: readonly GuardedRoute[] = [
  {
    method: 'GET',
    path: '/api/keys/tree',
    summary:
      'Every key from the root down: where it lives, its age and state, who holds shares, whether the provider answers',
    action: 'keys.view',
    resource: 'system',
    out: answer({
      roots: list(
        answer({
          fingerprint: string,
          kind: string,
          protection: oneOf('machine', 'passphrase', 'shares', 'provider'),
          created: string,
          wraps: boolean,
          shares: orNull(answer({ set: string, threshold: integer, of: integer, holders: list(string) })),
        }),
      ),
      provider: answer({
        kind: string,
        answers: boolean,
        error: nullable(string),
        tookMs: integer,
        lease: orNull(answer({ maxSeconds: integer, ageSeconds: nullable(integer), kept: integer })),
      }),
      dataKeys: list(
        answer({ epoch: integer, suite: string, current: integer, older: integer, oldest: string, newest: string }),
      ),
      index: answer({
        generation: integer,
        building: nullable(integer),
        hash: string,
        storage: oneOf('database', 'memory'),
        createdAt: string,
      }),
      named: list(
        answer({ kind: oneOf('signer', 'secret'), name: string, algorithm: string, fingerprint: nullable(string) }),
      ),
      recipients: list(answer({ fingerprint: string, held: boolean })),
      costs: answer({ records: integer, files: integer, fileBytes: integer, captures: integer }),
    }),
    handler: async ({ house, actor }): Promise<KeyTreeAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      return treeOf(house)
    },
  },
  {
    method: 'GET',
    path: '/api/keys/epochs/:epoch/needs',
    summary: 'How many rows of each table need an epoch, counted in the database now',
    action: 'keys.view',
    resource: 'system',
    out: answer({ epoch: integer, needs: mapOf(integer) }),
    handler: async ({ house, actor, params }): Promise<EpochNeedsAnswer> => {
      await house.vault.demand(actor, 'keys.view')
      const epoch = Number(/^\d{1,5}$/.exec(params['epoch'] ?? '')?.[0] ?? 0)
      const { epochs } = await house.rotation.states()
      if (!epochs.some((one) => one.epoch === epoch)) throw new Fault('not-found', { what: 'key epoch' })
      return { epoch, needs: await house.rotation.needs(epoch) }
    },
  },
  {
    method: 'POST',
    path: '/api/keys/sheet',
    summary: 'Show the recovery sheet of the root key again: after an exchange the old one opens nothing new',
    action: 'keys.rotate',
    resource: 'system',
    body: request({ 'password?': text(1000) }),
    out: answer({ fingerprint: string, created: string, blocks: list(string), text: both }),
    handler: async ({ house, actor, who, origin, body }): Promise<SheetAnswer> => {
      await house.vault.demand(actor, 'keys.rotate')
      await house.identity.demandFresh(who.session, origin, (body as { password?: string }).password)
      const sheet = await house.recoverySheet()
      // Before the answer leaves: whoever looks at the root key is known.
      await house.journal.record({ tenant: house.tenant, principal: actor.principal.id }, [
        {
          act: 'key.sheet-show',
          obj: 'keys',
          actor: actor.principal.id,
          channel: actor.env.channel,
          ip: actor.env.ip,
          decision: 'allow',
          detail: { fingerprint: sheet.fingerprint },
        },
      ])
      return {
        fingerprint: sheet.fingerprint,
        created: sheet.created,
        blocks: sheet.blocks.split(' ').filter((block) => block !== ''),
        text: { zh: sheet.text('zh'), en: sheet.text('en') },
      }
    },
  },
]

const treeOf = async (house: House): Promise<KeyTreeAnswer> => {
  const { keys } = house
  const [provider, states, search, named, costs, recipients] = [
    await providerOf(house),
    await house.rotation.states(),
    await house.search.state(),
    await keys.named.list(),
    await house.rotation.costs(),
    await recipientsOf(house),
  ]
  return {
    roots: keys.roots().map(({ fingerprint, kind, protection, created, shares }, place) => ({
      fingerprint,
      kind,
      protection,
      created,
      wraps: place === 0,
      shares: shares ? { set: shares.set, threshold: shares.threshold, of: shares.of, holders: shares.holders } : null,
    })),
    provider,
    dataKeys: states.dataKeys.map(({ epoch, suite, current, older, oldest, newest }) => ({
      epoch,
      suite: suiteName(suite),
      current,
      older,
      oldest: oldest.toISOString(),
      newest: newest.toISOString(),
    })),
    index: {
      generation: search.generation,
      building: search.building,
      hash: suites.find((one) => one.id === search.suite)?.hash ?? '',
      storage: search.policy.storage,
      createdAt: search.createdAt.toISOString(),
    },
    named: named.map(({ kind, name, publicKey }) => ({
      kind,
      name,
      algorithm: kind === 'signer' ? 'Ed25519' : 'HMAC-SHA256',
      fingerprint: publicKey === null ? null : hex(sha256(publicKey)).slice(0, 16),
    })),
    recipients,
    costs,
  }
}

export const suiteName = (suite: number): string =>
  suites.find(({ id }) => id === suite)?.name ?? (suite === 0 ? '' : String(suite))

/** Asked now, not remembered: a provider that went away a minute ago must not look well. */
const providerOf = async ({ keys }: House): Promise<KeyTreeAnswer['provider']> => {
  const before = performance.now()
  const error = await (keys.provider.check?.() ?? Promise.resolve()).then(
    () => null,
    (cause: unknown) => (isFault(cause) ? cause.code : 'internal'),
  )
  const age = keys.provider.lease?.age()
  return {
    kind: keys.provider.kind,
    answers: error === null,
    error,
    tookMs: Math.round(performance.now() - before),
    lease: age
      ? {
          maxSeconds: Math.round(age.maxMs / 1000),
          ageSeconds: age.sinceMs === null ? null : Math.round(age.sinceMs / 1000),
          kept: age.kept,
        }
      : null,
  }
}

const recipientsOf = async ({ config }: House): Promise<KeyTreeAnswer['recipients']> => {
  const fingerprint = await readRecipient(config)
  if (fingerprint === undefined) return []
  const held = await access(`${config.keys}/backup.identity`).then(
    () => true,
    () => false,
  )
  return [{ fingerprint, held }]
}
