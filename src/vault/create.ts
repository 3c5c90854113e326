// Puts the guarded path together over an open store, journal and keystore.
import { type Catalogue, type Check, type Clock, Fault, services, type Uuid } from '#kernel'
import {
  alwaysInForce,
  type InForce,
  openInForce,
  type PolicySet,
  type PolicyStore,
  type PolicyText,
  withOwnRoles,
} from '#access'
import type { Keys, ProfileName } from '#encryption'
import type { Journal } from '#journal'
import type { Store } from '#store'
import { createAlarms } from './alarm.ts'
import { type AlarmBook, createAlarmBook } from './alarm-book.ts'
import { printRecords } from './print.ts'
import { createBulk } from './bulk.ts'
import { addFile, listFiles, openFile, removeFile } from './attachment.ts'
import { importDrafts } from './batch.ts'
import { type BreakGlass, createBreakGlass, type TellGlass } from './break-glass.ts'
import { type Captures, createCaptures } from './capture.ts'
import { vaultChecks } from './checks.ts'
import { createDeputies, type Deputies } from './deputies.ts'
import { destroyedCheck } from './destroyed-check.ts'
import { contentDigests } from './digest.ts'
import { createExportControl, type ExportControl, exportFile } from './export-control.ts'
import { createDryRuns, type DryRuns } from './dry-run.ts'
import type { ErasureRules } from './erase.ts'
import { createErasures, type Erasures } from './erasures.ts'
import { type Secrets, secretsOver } from './epochs.ts'
import { createExplainer, type Explainer } from './explain.ts'
import { abilitiesOf, createGate } from './gate.ts'
import { demandWayIn } from './give-role.ts'
import { createGrants, type Grants } from './grants.ts'
import { createHandOvers, type HandOvers } from './hand-over.ts'
import type { House } from './house.ts'
import { glassCheck } from './glass-check.ts'
import { createLending, type Lending } from './lending.ts'
import { createLookBack, type LookBack } from './look-back.ts'
import { openSearch } from './generation.ts'
import { openKeyring } from './keyring.ts'
import { paceCheck } from './pace-check.ts'
import { createNotifications, type Notifications } from './notifications.ts'
import { createOrgCache } from './org.ts'
import { openVersions } from './policies.ts'
import { createPolicyControl, type PolicyControl } from './policy-control.ts'
import { createPolicyDrafts, type PolicyDrafts } from './policy-draft.ts'
import { activateDue } from './policy-schedule.ts'
import { createReadLog } from './readlog.ts'
import {
  countPage,
  exportRows,
  getRecord,
  listPage,
  recordHistory,
  resolveTitles,
  sumGroups,
  titlesOf,
  unmaskGroup,
} from './read.ts'
import { completeIndex } from './reindex.ts'
import type { SecretPlace } from './rotate-epoch.ts'
import { createRecertifications, type Outside, type Recertifications } from './recertify.ts'
import { recertifyCheck } from './recertify-check.ts'
import { recordProtection, rolesOfGroups } from './protection.ts'
import { createRotation, type Rotation } from './rotation.ts'
import { journalDenial } from './rows.ts'
import { createSearchAdmin, type SearchAdmin } from './search-admin.ts'
import { sampleCells } from './sample.ts'
import { createStaff, type Staff } from './staff.ts'
import { unusedCheck } from './unused-check.ts'
import type { Vault } from './vault.ts'
import { createWatch, keepAlarm } from './watch.ts'
import { createWebhooks, type Webhooks, webhookSecrets } from './webhooks.ts'
import {
  assignRecord,
  claimRecord,
  createRecord,
  recoverRecord,
  removeRecord,
  shareRecord,
  updateRecord,
} from './write.ts'

export interface VaultOptions {
  readonly store: Store
  readonly journal: Journal
  readonly keys: Keys
  readonly catalogue: Catalogue
  /** How far the tenant's own fields in it have been changed; default 0, for none. */
  readonly catalogueNumber?: number
  readonly clock: Clock
  readonly tenant: Uuid
  /** Decide by these instead of what is in force: for measuring and for tests. */
  readonly policies?: readonly PolicyText[]
  /** What the first epoch is of; default international. A tenant that has one keeps its own. */
  readonly profile?: ProfileName
  /** Told of long work before the vault can open: building a search index that a backup did not hold. */
  readonly log?: (line: string) => void
  /** Where other rooms keep small secrets of theirs. */
  readonly sealedSecrets?: readonly SecretPlace[]
}

export interface OpenVault {
  readonly vault: Vault
  readonly staff: Staff
  /** Small secrets of other rooms, sealed under the epoch in use and opened under whichever it was. */
  readonly secrets: Secrets
  /** The policies in force. */
  readonly rules: InForce
  readonly policies: PolicySet
  /** How they change. */
  readonly policyControl: PolicyControl
  /** Drafts of changes, one for each person. */
  readonly policyDrafts: PolicyDrafts
  /** What a change of them would have meant for past accesses. */
  readonly dryRuns: DryRuns
  /** Who sees what, and why not. */
  readonly explainer: Explainer
  readonly checks: readonly Check[]
  /** Rotation of keys, and what stands of them. */
  readonly rotation: Rotation
  /** What web forms send. */
  readonly captures: Captures
  /** Erasures of persons and legal holds, certified by the signer given. */
  erasures(rules: ErasureRules): Erasures
  /** Emergency access. */
  /** tell: puts down a letter of an emergency access. */
  breakGlass(tell: TellGlass): BreakGlass
  /** Rights for a while, and how long they may last. */
  readonly grants: Grants
  readonly lending: Lending
  /** Who stands in for whom. */
  readonly deputies: Deputies
  /** What people are told of what others did. */
  readonly notifications: Notifications
  /** Who is told of what happens to records. */
  readonly webhooks: Webhooks
  /** Alarms, canaries, and the limits of reading and exporting. */
  readonly alarms: AlarmBook
  /** Writes the reads that wait for the journal. */
  flushReads(): Promise<void>
  /** Writes what was counted and not told yet. */
  flushWatch(): Promise<void>
  /** Large exports asked for, and whose export a file is. */
  readonly exports: ExportControl
  /** What happens to who reads faster than a person does, where the setting says so. */
  onExcess(act: (user: Uuid) => Promise<void>): void
  /** What happens to the records of somebody who leaves; switchOff takes the account out of use. */
  handOvers(switchOff: (user: Uuid, startedBy: Uuid) => Promise<void>): HandOvers
  /** Campaigns in which every right is confirmed; elsewhere: keys of programs, and accounts with their sessions. */
  recertifications(elsewhere: Outside): Recertifications
  /** How the tenant searches, and the job that changes it. */
  readonly search: SearchAdmin
  /** What a backup held, over a store that it was brought back into. Throws keystore-foreign where the keys at hand do not open it. */
  lookBack(store: Store, backup: Uuid): Promise<LookBack>
  /** Writes what waits in the read log. */
  close(): Promise<void>
}

/** Opens the vault. Throws keystore-foreign with a wrong root key, policy-invalid with a policy that does not hold. */
export const createVault = async (options: VaultOptions): Promise<OpenVault> => {
  const { store, journal, clock, tenant } = options
  // What people may hold follows the policies in force, which are read further down.
  const known: { rules?: InForce } = {}
  const catalogue = withOwnRoles(options.catalogue, () => known.rules?.current.document.roles ?? [])
  const keyring = await openKeyring(
    store,
    options.keys,
    tenant,
    { tenant, principal: services.system },
    options.profile,
  )
  const index = await openSearch(
    { store, keys: options.keys, catalogue, tenant, scope: { tenant, principal: services.system } },
    keyring.epoch,
  )
  const versions = await openVersions({ store, journal, clock, catalogue, tenant, keys: options.keys })
  // Whoever looks which version is in force brings in what is due first; at the very first look nothing is put together yet.
  let due: () => Promise<boolean> = () => Promise.resolve(false)
  const watched: PolicyStore = {
    active: async () => {
      await due()
      return versions.active()
    },
    load: (number) => versions.load(number),
  }
  const rules = options.policies
    ? alwaysInForce(catalogue, options.policies)
    : await openInForce(watched, catalogue, () => clock.now().getTime())
  known.rules = rules
  const reads = createReadLog(journal, tenant, services.system)
  const house: House = {
    store,
    journal,
    keyring,
    search: index,
    catalogue,
    catalogueNumber: options.catalogueNumber ?? 0,
    clock,
    tenant,
    org: createOrgCache(
      store,
      () => clock.now().getTime(),
      new Map(catalogue.types.map((type) => [type.name, type.table])),
    ),
    rules,
    versions,
    get policies() {
      return rules.current.set
    },
    get policyName() {
      const { number, digest } = rules.current
      return `${String(number)}@${digest.slice(0, 12)}`
    },
    reads,
    alarms: createAlarms(journal, clock, (actor, act, detail) => keepAlarm(store, tenant, clock, actor, act, detail)),
    watch: createWatch(store, journal, tenant, clock),
  }
  if (!options.policies) {
    due = () => activateDue(house)
    await rules.reload()
  }
  await completeIndex(house, options.log)
  const search = createSearchAdmin(house)
  return {
    vault: vaultOver(house),
    staff: createStaff(house, services.system),
    secrets: secretsOver(keyring.epochs),
    rules,
    get policies() {
      return rules.current.set
    },
    policyControl: createPolicyControl(house),
    policyDrafts: createPolicyDrafts(house),
    dryRuns: createDryRuns(house),
    explainer: createExplainer(house),
    checks: [
      ...vaultChecks(() => sampleCells(house, services.compliance)),
      destroyedCheck(catalogue),
      glassCheck,
      recertifyCheck,
      unusedCheck,
      paceCheck,
    ],
    rotation: createRotation(
      house,
      options.keys.provider,
      [...(options.sealedSecrets ?? []), ...webhookSecrets],
      search,
    ),
    captures: createCaptures(house),
    search,
    breakGlass: (tell) => createBreakGlass(house, services.system, tell),
    grants: createGrants(house, services.system),
    deputies: createDeputies(house, services.system),
    notifications: createNotifications(house),
    lending: createLending(house, services.system),
    webhooks: createWebhooks(house, services.system),
    alarms: createAlarmBook(house, services.system),
    flushReads: () => reads.flush(),
    flushWatch: () => house.watch.flush(),
    exports: createExportControl(house, services.system),
    onExcess: (act) => house.watch.onExcess(act),
    recertifications: (elsewhere) => createRecertifications(house, services.system, elsewhere),
    handOvers: (switchOff) => createHandOvers(house, switchOff),
    erasures: (rules) => createErasures(house, rules),
    lookBack: (past, backup) => createLookBack(house, options.keys, past, backup),
    close: async () => {
      await house.alarms.flush()
      await house.watch.flush()
      await reads.flush()
    },
  }
}

const vaultOver = (house: House): Vault => ({
  catalogue: house.catalogue,
  attachments: {
    list: (actor, type, record) => listFiles(house, actor, type, record),
    add: (actor, type, record, file) => addFile(house, actor, type, record, file),
    open: (actor, type, record, id) => openFile(house, actor, type, record, id),
    remove: (actor, type, record, id) => removeFile(house, actor, type, record, id),
  },
  list: (actor, type, query) => listPage(house, actor, type, query),
  count: (actor, type, query, cap = 1000) => countPage(house, actor, type, query, cap),
  sums: (actor, type, by, of) => sumGroups(house, actor, type, by, of),
  get: (actor, type, id) => getRecord(house, actor, type, id),
  create: (actor, type, draft) => createRecord(house, actor, type, draft),
  update: (actor, type, id, version, values) => updateRecord(house, actor, type, id, version, values),
  remove: (actor, type, id, version) => removeRecord(house, actor, type, id, version),
  recover: (actor, type, id) => recoverRecord(house, actor, type, id),
  assign: (actor, type, id, owner) => assignRecord(house, actor, type, id, owner),
  claim: (actor, type, id) => claimRecord(house, actor, type, id),
  share: (actor, type, id, users) => shareRecord(house, actor, type, id, users),
  unmask: (actor, type, id, group) => unmaskGroup(house, actor, type, id, group),
  history: (actor, type, id) => recordHistory(house, actor, type, id),
  importBatch: (actor, type, drafts) => importDrafts(house, actor, type, drafts),
  bulk: createBulk(house),
  print: (actor, type, of) => printRecords(house, actor, type, of),
  exportPages: (actor, type, query, id) => exportRows(house, actor, type, query, id),
  exportFile: (actor, id, pieces) => exportFile(house, actor, id, pieces),
  resolve: (actor, type, titles) => resolveTitles(house, actor, type, titles),
  titles: (actor, type, ids) => titlesOf(house, actor, type, ids),
  digest: () => contentDigests(house, services.system),
  protection: (actor, type, id) => recordProtection(house, actor, type, id),
  whoMay: (type) => rolesOfGroups(house, type),
  abilities: async (actor) => abilitiesOf(await createGate(house, actor), house.catalogue),
  may: async (actor, action) => (await createGate(house, actor)).system(action),
  demand: async (actor, action) => {
    if ((await createGate(house, actor)).system(action)) return
    await journalDenial(house, actor, action, 'system')
    throw new Fault('denied', { action })
  },
  demandWayIn: (actor, person) => demandWayIn(house, actor, person),
})
