// The composition root: here alone the rooms are wired to each other, and checks and ports handed over.
import { readFile } from 'node:fs/promises'
import { accessChecks, railWalls } from '#access'
import { backupChecks, createBackups, snapshotDays } from '#backup'
import { complianceChecks, createReview } from '#compliance'
import { catalogue as shipped } from '#crm'
import { encryptionChecks, type Keys, type ProfileName, verifySignature } from '#encryption'
import { createIdentity, identityChecks, sealedSecrets } from '#identity'
import { createJournal, fileMemory, type Journal, journalChecks } from '#journal'
import { type Actor, type Check, type Clock, Fault, newId, services, systemClock, type Uuid } from '#kernel'
import { createJobs, type Jobs, openStore, type Store, storeChecks } from '#store'
import { bringBackNamedKeys, createSigners, createVault, keepNamedKeys, rootJob, type Signers, zoneOf } from '#vault'
import { activeProfile, adoptProfile } from './adopt-profile.ts'
import { backupWriter } from './backup-writer.ts'
import { settleRestore } from './bring-back.ts'
import { serverChecks } from './checks.ts'
import { createBrowsings } from './browsings.ts'
import type { Config } from './config.ts'
import type { House, Settings } from './house.ts'
import { openOrCreateKeys } from './keystore.ts'
import { people } from './people.ts'
import { createRegistrar } from './registrar.ts'
import { isAbsent, makePlace } from './place.ts'
import { product } from './product.ts'
import { siteOf } from './site.ts'

export interface OpenOptions {
  /** Make what is missing (start, init), or refuse with not-set-up (every other verb). */
  readonly create: boolean
  readonly log?: (line: string) => void
  /** What a house that is not set up yet is to follow; one that is and follows another is wrong-use. */
  readonly profile?: ProfileName
}

/** Opens the house: keys first, since nothing starts without them; then the database, the journal, the vault and the rest. */
export const openHouse = async (config: Config, options: OpenOptions): Promise<House> => {
  await demandData(config, options.create)
  await settleRestore(config)
  const keys = await openOrCreateKeys(config, options.create)
  let store: Store | undefined
  try {
    store = await openStore({
      data: config.data,
      catalogue: shipped,
      walls: railWalls(shipped),
      ...(config.databaseUrl === undefined ? {} : { databaseUrl: config.databaseUrl }),
      ...(config.appDatabaseUrl === undefined ? {} : { appDatabaseUrl: config.appDatabaseUrl }),
      ...(options.log ? { log: options.log } : {}),
      plainAllowed: config.databasePlain,
    })
    return await furnish(config, keys, store, options)
  } catch (error) {
    await store?.close()
    keys.close()
    throw error
  }
}

const demandData = async (config: Config, create: boolean): Promise<void> => {
  if (create) {
    await makePlace('data', config.data)
    return
  }
  // Where both connections are given nothing is kept there: the database itself says whether it was set up.
  if (config.databaseUrl !== undefined && config.appDatabaseUrl !== undefined) return
  const exists = await readFile(`${config.data}/database.json`).then(
    () => true,
    (error: unknown) => !isAbsent(error),
  )
  if (!exists) throw new Fault('not-set-up')
}

const furnish = async (config: Config, keys: Keys, store: Store, options: OpenOptions): Promise<House> => {
  const clock = systemClock
  const tenant = await tenantOf(store, options.create)
  const scope = { tenant, principal: services.system }
  // Before anything asks for a named key: a lost one would be made anew instead of coming back.
  await bringBackNamedKeys(store, keys, scope)
  await keepNamedKeys(store, keys, scope)
  keys.named.watch(() => keepNamedKeys(store, keys, scope))
  const signers = createSigners(store, keys, tenant)
  const journal = createJournal({
    store,
    clock,
    signer: {
      current: () => signers.current('journal'),
      all: () => signers.all('journal'),
      verify: verifySignature,
    },
    origin: `holdfast.local/${tenant}`,
    memory: fileMemory(`${config.data}/journal.checkpoint`),
  })
  const made = { store, keys, clock, tenant, journal, config, signers, profile: options.profile }
  const system: Actor = {
    principal: { kind: 'service', tenant, id: services.system, role: 'system', active: true, team: null },
    env: { now: clock.now(), channel: 'job', ip: '', mfa: true, purpose: 'system' },
  }
  const listening: House['listening'] = { host: config.host, port: null }
  const jobs = createJobs({ store, scope })
  let rooms = await openRooms(made, listening, system, jobs)
  // Nothing is signed, and no identity pins a key, before the profile is chosen that says by what.
  const begin = async (): Promise<void> => {
    await backupWriter(config, keys, signers)
    journal.start(tenant)
  }
  if (await rooms.people.isSetUp()) {
    if (options.profile !== undefined) await demandProfile(rooms.rotation, options.profile)
    await begin()
  }
  const browsings = createBrowsings({
    config,
    keys,
    now: () => clock.now(),
    lookBack: (past, backup) => rooms.lookBack(past, backup),
  })
  const watch = watchFields(store, () => house.renew())
  const house: House = {
    config,
    version: product.version,
    tenant,
    store,
    keys,
    journal,
    signers,
    listening,
    jobs,
    system,
    browsings,
    get vault() {
      return rooms.vault
    },
    get staff() {
      return rooms.staff
    },
    get identity() {
      return rooms.identity
    },
    get backups() {
      return rooms.backups
    },
    get policyControl() {
      return rooms.policyControl
    },
    get policyDrafts() {
      return rooms.policyDrafts
    },
    get dryRuns() {
      return rooms.dryRuns
    },
    get explainer() {
      return rooms.explainer
    },
    get captures() {
      return rooms.captures
    },
    get erasures() {
      return rooms.erasures
    },
    get review() {
      return rooms.review
    },
    get rotation() {
      return rooms.rotation
    },
    get breakGlass() {
      return rooms.breakGlass
    },
    get grants() {
      return rooms.grants
    },
    get recertifications() {
      return rooms.recertifications
    },
    get notifications() {
      return rooms.notifications
    },
    get deputies() {
      return rooms.deputies
    },
    get lending() {
      return rooms.lending
    },
    get alarms() {
      return rooms.alarms
    },
    get exports() {
      return rooms.exports
    },
    get webhooks() {
      return rooms.webhooks
    },
    get handOvers() {
      return rooms.handOvers
    },
    get search() {
      return rooms.search
    },
    get policies() {
      return rooms.policies
    },
    recoverySheet: () => Promise.resolve(keys.sheet()),
    settings: () => readSettings(store, scope),
    isSetUp: () => rooms.people.isSetUp(),
    setUp: async ({ profile = options.profile, ...request }) => {
      const done = await rooms.people.setUp(request, async () => {
        if (profile !== undefined) await adoptProfile({ jobs, rotation: rooms.rotation, system }, profile)
      })
      await begin()
      return done
    },
    invite: (actor, user, byMail) => rooms.people.invite(actor, user, byMail),
    resetPassword: (actor, userId) => rooms.people.resetPassword(actor, userId),
    actorOf: (userId, surroundings) => rooms.people.actorOf(userId, surroundings),
    renew: async () => {
      const before = rooms
      rooms = await openRooms(made, listening, system, jobs)
      browsings.renew()
      // What somebody is reading with the rooms of before is told by them within a second, as always.
      await before.close()
    },
    epochs: () =>
      store.transaction(scope, (tx) =>
        tx.query({
          text: `select e.epoch, e.state, e.suite, e.created_at as "createdAt", count(k.subject_id)::int as "subjectKeys"
                 from keyring.epoch e left join keyring.subject_key k on k.tenant_id = e.tenant_id and k.epoch = e.epoch
                 where e.tenant_id = $1 group by e.tenant_id, e.epoch order by e.epoch`,
          values: [tenant],
        }),
      ),
    close: async () => {
      watch.stop()
      await browsings.closeAll()
      await jobs.close()
      await rooms.close()
      if (await rooms.people.isSetUp().catch(() => false)) await journal.sealUp(tenant).catch(() => undefined)
      await journal.stop()
      await store.close()
      keys.close()
    },
  }
  return house
}

interface Ground {
  readonly signers: Signers
  /** What the first epoch is of. */
  readonly profile: ProfileName | undefined
  readonly config: Config
  readonly store: Store
  readonly keys: Keys
  readonly clock: Clock
  readonly tenant: Uuid
  readonly journal: Journal
}

/** The rooms that know the catalogue, as the store knows it now; made anew when the tenant's own fields change. */
const openRooms = async (ground: Ground, listening: House['listening'], system: Actor, jobs: Jobs) => {
  const { config, store, keys, clock, tenant, journal, signers, profile } = ground
  const { catalogue, number } = store.known
  const opened = await createVault({
    store,
    journal,
    keys,
    catalogue,
    catalogueNumber: number,
    clock,
    tenant,
    sealedSecrets,
    ...(profile === undefined ? {} : { profile }),
  })
  const { vault, staff } = opened
  const identity = createIdentity({
    store,
    journal,
    clock,
    tenant,
    directory: staff,
    seal: opened.secrets,
    throttleKey: await keys.secret('throttle'),
    registrar: createRegistrar({ vault, staff, tenant, clock, system }),
    site: () => siteOf(config.publicUrl, listening.host, listening.port ?? config.port),
  })
  const writer = (): ReturnType<typeof backupWriter> => backupWriter(config, keys, signers)
  const backups = createBackups({ store, journal, clock, tenant, catalogue, writer })
  const checks: readonly Check[] = [
    ...storeChecks({ catalogue, store }),
    ...encryptionChecks({ catalogue }),
    ...accessChecks({ catalogue, running: () => opened.rules.current }),
    ...identityChecks(),
    ...journalChecks(journal),
    ...backupChecks({ data: config.data, keys: config.keys, repository: config.repository }),
    ...complianceChecks({ catalogue }),
    ...serverChecks(() => ({ host: listening.host, port: listening.port ?? config.port })),
    ...opened.checks,
  ]
  const root = rootJob({ store, journal, keys, tenant })
  const handOvers = opened.handOvers(async (user, startedBy) => {
    const leaver = await staff.get(user)
    const by = { ...system, env: { ...system.env, now: clock.now() } }
    if (leaver?.active === true) await vault.update(by, 'user', user, leaver.version, { active: false })
    await identity.revokeAll(user, { actor: startedBy, channel: 'job' })
  })
  const recertifications = opened.recertifications({
    remind: (tx, user, stage, campaign) => identity.mail.post(tx, 'recertify', user, { stage, campaign }),
    keys: async () =>
      (await identity.apiKeys.list()).filter(
        ({ revokedAt, expiresAt }) => revokedAt === null && expiresAt > clock.now(),
      ),
    revokeKey: async (key, by) => {
      const found = (await identity.apiKeys.list()).find(({ id }) => id === key)
      if (found?.revokedAt === null) await identity.apiKeys.revoke(key, { actor: by, channel: 'job' })
    },
    changeUser: async (user, change, by) => {
      const found = await staff.get(user)
      const values = found && change(found)
      const actor = { ...system, env: { ...system.env, now: clock.now(), purpose: by.purpose } }
      if (found && values) await vault.update(actor, 'user', user, found.version, values)
      await identity.revokeAll(user, { actor: by.person, channel: 'job' })
    },
  })
  opened.onExcess(async (user) => {
    await identity.revokeAll(user, { actor: services.system, channel: 'job' })
  })
  const kinds = [
    ...opened.rotation.kinds,
    root,
    opened.search.job,
    opened.search.measuring,
    handOvers.job,
    opened.dryRuns.job,
  ]
  for (const kind of kinds) jobs.register(kind)
  return {
    vault,
    staff,
    identity,
    backups,
    policyControl: opened.policyControl,
    policyDrafts: opened.policyDrafts,
    dryRuns: opened.dryRuns,
    explainer: opened.explainer,
    captures: opened.captures,
    erasures: opened.erasures({ signer: () => signers.current('erasure'), backupDays: snapshotDays }),
    review: createReview({ store, journal, clock, tenant, checks, version: product.version }),
    webhooks: opened.webhooks,
    rotation: opened.rotation,
    handOvers,
    alarms: opened.alarms,
    breakGlass: opened.breakGlass((tx, user, { id, minutes }) =>
      identity.mail.post(tx, 'emergency', user, { glass: id, minutes: String(minutes) }),
    ),
    grants: opened.grants,
    deputies: opened.deputies,
    notifications: opened.notifications,
    recertifications,
    lending: opened.lending,
    exports: opened.exports,
    search: opened.search,
    lookBack: (past: Store, backup: Uuid) => opened.lookBack(past, backup),
    get policies() {
      return opened.rules.current.policies
    },
    people: people({ store, journal, vault, staff, identity, tenant, clock, system }),
    close: () => opened.close(),
  }
}

/** Every two seconds a look whether another process changed the tenant's own fields. */
const watchFields = (store: Store, renew: () => Promise<void>): { stop(): void } => {
  let busy = false
  const look = async (): Promise<void> => {
    if (busy) return
    busy = true
    try {
      if (await store.refresh()) await renew()
    } catch {
      // The database is away for a moment: the next look sees it.
    } finally {
      busy = false
    }
  }
  const timer = setInterval(() => void look(), 2000).unref()
  return { stop: () => clearInterval(timer) }
}

const demandProfile = async (rotation: House['rotation'], profile: ProfileName): Promise<void> => {
  const found = await activeProfile(rotation)
  if (found !== profile)
    throw new Fault('wrong-use', {
      what: `this installation follows ${found === null ? 'suites of its own' : `profile ${found}`}; another one is chosen with: holdfast keys profile ${profile}`,
    })
}

/** The tenant of this installation; made at the first start. */
const tenantOf = (store: Store, create: boolean): Promise<Uuid> =>
  store.owner(async (tx) => {
    await tx.query({ text: `select pg_advisory_xact_lock(hashtext('installation'))` })
    const [found] = await tx.query<{ tenant_id: Uuid }>({ text: 'select tenant_id from ops.installation' })
    if (found) return found.tenant_id
    if (!create) throw new Fault('not-set-up')
    const tenant = newId()
    await tx.query({
      text: `select set_config('app.tenant', $1, true), set_config('app.principal', $2, true)`,
      values: [tenant, services.system],
    })
    await tx.query({
      text: 'insert into ops.installation (tenant_id, installation_id) values ($1, $2)',
      values: [tenant, newId()],
    })
    return tenant
  })

const readSettings = async (store: Store, scope: { tenant: Uuid; principal: Uuid }): Promise<Settings> => {
  const rows = await store.transaction(scope, (tx) =>
    tx.query<{ name: string; value: unknown }>({
      text: 'select name, value from ops.setting where tenant_id = $1',
      values: [scope.tenant],
    }),
  )
  const held = new Map(rows.map((row) => [row.name, row.value]))
  const text = (name: string, otherwise: string): string => {
    const value = held.get(name)
    return typeof value === 'string' ? value : otherwise
  }
  return {
    organisation: text('organisation', 'Holdfast'),
    currency: text('currency', 'CNY'),
    language: text('language', 'zh') === 'en' ? 'en' : 'zh',
    zone: zoneOf(held),
  }
}
