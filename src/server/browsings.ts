// Backups that somebody looks into: each is brought back into a database of its own beside the house, read through the guarded path, and
// taken away again. The identity is used once and kept nowhere. Keeps server-270, server-271.
import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { railWalls } from '#access'
import { listBackups, restoreBackup } from '#backup'
import { catalogue } from '#crm'
import type { Keys } from '#encryption'
import { type Actor, Fault, newId, scopeOf, type Uuid } from '#kernel'
import { discardEmbedded, openStore, type Store } from '#store'
import { type LookBack, proveRoot } from '#vault'
import type { Config } from './config.ts'
import type { House } from './house.ts'

/** Whose it is: this person in this session, and nobody else. */
export interface Onlooker {
  readonly user: Uuid
  readonly session: Uuid
}

export interface Browsing {
  readonly id: Uuid
  readonly backup: Uuid
  /** The moment of the backup. */
  readonly at: string
  readonly state: 'opening' | 'open' | 'failed'
  /** 0 … 1 */
  readonly progress: number
  readonly error: Fault | null
  /** When it is taken away unless somebody looks. */
  readonly until: Date
}

export interface OpenBrowsing extends Onlooker {
  readonly backup: Uuid
  /** Text of the identity file. */
  readonly identity: string
  /** The Fault of any error; logs what nobody foresaw. */
  readonly report: (error: unknown) => Fault
}

export interface Browsings {
  /** Begins to bring a backup back. Throws browse-busy, backup-not-found. */
  open(asked: OpenBrowsing): Promise<Browsing>
  /** Those of a person in this session, the latest first. */
  of(onlooker: Onlooker): readonly Browsing[]
  /** What to read it with. Throws not-found for one that is not this person's or is over, browse-opening, or what it failed with. */
  look(onlooker: Onlooker, id: Uuid): Promise<LookBack>
  close(onlooker: Onlooker, id: Uuid): Promise<void>
  /** The rooms were made anew: whoever looks next does so with them. */
  renew(): void
  /** Takes away what a process that was killed left. */
  sweep(): Promise<void>
  closeAll(): Promise<void>
}

export interface BrowsingsOptions {
  readonly config: Config
  readonly keys: Keys
  readonly now: () => Date
  /** Over the store of a backup; made anew where the rooms were. */
  readonly lookBack: (store: Store, backup: Uuid) => Promise<LookBack>
  /** Milliseconds after the last look. */
  readonly idleMs?: number
}

interface Held extends Onlooker {
  browsing: Browsing
  store: Store | undefined
  look: LookBack | undefined
  timer: NodeJS.Timeout | undefined
  /** Ends with the bringing back, however it ends; never throws. */
  opening: Promise<void>
  gone: boolean
}

/** Each is a server of its own with all of a backup's rows. */
const most = 3

export const createBrowsings = (options: BrowsingsOptions): Browsings => {
  const { config, keys, now, idleMs = 900_000 } = options
  const folder = join(config.data, 'browsing')
  const held = new Map<Uuid, Held>()
  const away = async (one: Held): Promise<void> => {
    clearTimeout(one.timer)
    one.gone = true
    held.delete(one.browsing.id)
    await one.opening
    await one.store?.close().catch(() => undefined)
    await discardEmbedded(join(folder, one.browsing.id))
  }
  const touch = (one: Held): void => {
    clearTimeout(one.timer)
    one.browsing = { ...one.browsing, until: new Date(now().getTime() + idleMs) }
    one.timer = setTimeout(() => void away(one).catch(() => undefined), idleMs).unref()
  }
  const find = (onlooker: Onlooker, id: Uuid): Held => {
    const one = held.get(id)
    if (one?.user !== onlooker.user || one.session !== onlooker.session)
      throw new Fault('not-found', { what: 'browsing' })
    return one
  }
  const bringBack = async (one: Held, asked: OpenBrowsing): Promise<void> => {
    const data = join(folder, one.browsing.id)
    await mkdir(folder, { recursive: true, mode: 0o711 })
    const store = (one.store = await openStore({ data, catalogue, walls: railWalls(catalogue) }))
    await restoreBackup({
      repo: config.repository,
      identity: asked.identity,
      backup: asked.backup,
      store,
      place: data,
      prove: (tx, tenant) => proveRoot(tx, keys, tenant),
      onProgress: (done) => {
        if (one.gone) throw new Fault('not-found', { what: 'browsing' })
        one.browsing = { ...one.browsing, progress: Math.min(0.99, done) }
      },
    })
    await store.refresh()
    one.look = await options.lookBack(store, asked.backup)
  }
  return {
    open: async (asked) => {
      if ([...held.values()].some(({ user }) => user === asked.user)) throw new Fault('browse-busy')
      if (held.size >= most) throw new Fault('browse-busy')
      const found = (await listBackups(config.repository)).find(({ id }) => id === asked.backup)
      if (!found) throw new Fault('backup-not-found', { id: asked.backup })
      const one: Held = {
        user: asked.user,
        session: asked.session,
        browsing: { id: newId(), backup: asked.backup, at: found.createdAt, state: 'opening', progress: 0, error: null, until: now() },
        store: undefined,
        look: undefined,
        timer: undefined,
        opening: Promise.resolve(),
        gone: false,
      } // prettier-ignore
      held.set(one.browsing.id, one)
      touch(one)
      one.opening = bringBack(one, asked).then(
        () => {
          one.browsing = { ...one.browsing, state: 'open', progress: 1 }
          if (!one.gone) touch(one)
        },
        async (error: unknown) => {
          one.browsing = { ...one.browsing, state: 'failed', error: asked.report(error) }
          await one.store?.close().catch(() => undefined)
          one.store = undefined
          await discardEmbedded(join(folder, one.browsing.id)).catch(() => undefined)
        },
      )
      return one.browsing
    },
    of: (onlooker) =>
      [...held.values()]
        .filter((one) => one.user === onlooker.user && one.session === onlooker.session)
        .map(({ browsing }) => browsing)
        .toReversed(),
    look: async (onlooker, id) => {
      const one = find(onlooker, id)
      if (one.browsing.error) throw one.browsing.error
      if (one.browsing.state !== 'open' || !one.store) throw new Fault('browse-opening')
      touch(one)
      return (one.look ??= await options.lookBack(one.store, one.browsing.backup))
    },
    renew: () => {
      for (const one of held.values()) one.look = undefined
    },
    close: async (onlooker, id) => away(find(onlooker, id)),
    sweep: async () => {
      for (const name of await readdir(folder).catch(() => []))
        if (!held.has(name)) await discardEmbedded(join(folder, name)).catch(() => undefined)
    },
    closeAll: async () => {
      await Promise.all([...held.values()].map(away))
    },
  }
}

/** Opens one for whoever may, and tells the journal. Throws denied, browse-busy, backup-not-found. */
export const beginBrowsing = async (
  house: House,
  actor: Actor,
  asked: Omit<OpenBrowsing, 'user'>,
): Promise<Browsing> => {
  await house.vault.demand(actor, 'backup.browse')
  const begun = await house.browsings.open({ ...asked, user: actor.principal.id })
  await house.journal.record(scopeOf(actor), [
    {
      act: 'backup.browse',
      obj: 'backup',
      actor: actor.principal.id,
      decision: 'allow',
      channel: actor.env.channel,
      ...(actor.env.ip === '' ? {} : { ip: actor.env.ip }),
      detail: { backup: asked.backup, browsing: begun.id },
    },
  ])
  return begun
}
