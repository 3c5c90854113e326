// The profile chosen while a house is set up: nobody and nothing is in it yet, so the keys made before the choice are exchanged and
// destroyed before the first record is sealed. Keeps server-108.
import { type Actor, Fault, isFault, services } from '#kernel'
import type { ProfileName } from '#encryption'
import type { Jobs } from '#store'
import type { Rotation } from '#vault'

export interface Adopting {
  readonly jobs: Jobs
  readonly rotation: Rotation
  readonly system: Actor
}

/** Brings an empty house to the profile. Throws job-open where it is being done already, job-failed where it could not be. */
export const adoptProfile = async ({ jobs, rotation, system }: Adopting, profile: ProfileName): Promise<void> => {
  if ((await activeProfile(rotation)) !== profile) {
    const { id } = await jobs.start('keys.profile', { profile }, services.system)
    const { state, errorCode } = await jobs.run(id)
    if (state !== 'done') throw new Fault('job-failed', { kind: 'keys.profile', code: errorCode ?? 'internal' })
  }
  const { epochs } = await rotation.states()
  for (const { epoch } of epochs.filter(({ state }) => state === 'decrypt-only'))
    await rotation.destroyEpoch(system, epoch).catch((error: unknown) => {
      // A set-up that was killed may have left something sealed under it: then it stays, and opens.
      if (!isFault(error, 'key-needed')) throw error
    })
}

/** The profile in force, or null where suites were chosen one by one. */
export const activeProfile = async (rotation: Rotation): Promise<ProfileName | null> =>
  (await rotation.states()).epochs.find(({ state }) => state === 'active')?.profile ?? null
