// The final step of erasures, end to end: epoch, search index and root key exchanged, the old ones destroyed, the keyring's snapshots in
// the repositories made anew. Killed anywhere, it is simply run again. Keeps server-120.
import type { ShredOutcome } from '#backup'
import { type Actor, Fault, type Json, services } from '#kernel'
import { type Closing, exchangeRoot } from '#vault'
import type { House } from './house.ts'

export interface Finishing {
  readonly house: House
  readonly actor: Actor
  /** Makes the new root key; see exchangeRoot. */
  readonly add: () => Promise<string>
  readonly onStep?: (what: 'epoch' | 'destroy' | 'index' | 'root' | 'repositories') => void
}

export interface Finished {
  readonly closing: Closing
  readonly epochs: readonly number[]
  /** Root keys that were let go of; empty where an earlier run had done it. */
  readonly dropped: readonly string[]
  readonly repositories: readonly ShredOutcome[]
}

/** Null where nothing is left to close. Throws key-needed where entries of web forms still need an old epoch. */
export const finishErasures = async ({ house, actor, add, onStep }: Finishing): Promise<Finished | null> => {
  const closing = await house.erasures.beginClosing(actor, house.keys.provider.fingerprint)
  if (!closing) return null
  onStep?.('epoch')
  const old = async (): Promise<readonly { readonly epoch: number; readonly state: string }[]> =>
    (await house.rotation.states()).epochs.filter((one) => one.epoch <= closing.epoch && one.state !== 'destroyed')
  await settle(house, 'keys')
  if ((await old()).some(({ state }) => state === 'active')) await runJob(house, 'keys.epoch', {})
  onStep?.('destroy')
  const epochs = (await old()).map(({ epoch }) => epoch)
  for (const epoch of epochs) await house.rotation.destroyEpoch(actor, epoch)
  onStep?.('index')
  await settle(house, 'search')
  if ((await house.search.state()).generation <= closing.generation)
    await runJob(house, 'search.rebuild', await house.search.rebuild({ keys: 'new' }))
  onStep?.('root')
  const dropped = await exchanged(house, actor, closing, add)
  onStep?.('repositories')
  const repositories = await house.backups.shred(actor.principal.id)
  return { closing: await house.erasures.endClosing(actor, closing), epochs, dropped, repositories }
}

/** The root key exchanged, where that has not been done since the step began. */
const exchanged = async (
  house: House,
  actor: Actor,
  closing: Closing,
  add: () => Promise<string>,
): Promise<readonly string[]> => {
  const { store, journal, keys, tenant } = house
  if (keys.roots().length === 1 && keys.provider.fingerprint !== closing.root) return []
  const scope = { tenant, principal: services.system }
  const { dropped } = await exchangeRoot({ store, journal, keys, scope, channel: actor.env.channel, add })
  return dropped
}

/** Jobs of a kind that stand open are brought to their end first: of all of them one may be open at a time. */
const settle = async (house: House, kind: 'keys' | 'search'): Promise<void> => {
  for (const job of await house.jobs.list())
    if ((job.state === 'queued' || job.state === 'running') && job.kind.startsWith(`${kind}.`))
      demandDone(await house.jobs.run(job.id))
}

const runJob = async (house: House, kind: string, spec: Json): Promise<void> => {
  const { id } = await house.jobs.start(kind, spec, services.system)
  demandDone(await house.jobs.run(id))
}

const demandDone = ({ kind, state, errorCode }: Awaited<ReturnType<House['jobs']['run']>>): void => {
  if (state !== 'done') throw new Fault('job-failed', { kind, code: errorCode ?? state })
}
