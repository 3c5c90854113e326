// The house opened for one verb and closed behind it, whether the server runs or not.
import { openHouse, readConfig, type House } from '#server'
import { type Actor, Fault } from '#kernel'
import { type ProfileName, profileOf } from '#encryption'
import type { Arguments } from './arguments.ts'

/** Configuration from the options every verb takes. */
export const configOf = (args: Arguments): ReturnType<typeof readConfig> =>
  readConfig({
    file: args.text('config'),
    data: args.text('data'),
    keys: args.text('keys'),
    databaseUrl: args.text('database-url'),
    repository: args.text('repo'),
    port: args.text('port'),
    host: args.text('host'),
    demo: args.flag('demo'),
    shares: args.text('shares'),
  })

/** The profile named by --profile, for openHouse. Throws wrong-use for one that does not exist. */
export const profileIn = (args: Arguments): { readonly profile?: ProfileName } => {
  const name = args.text('profile')
  if (name === undefined) return {}
  profileOf(name)
  return { profile: name as ProfileName }
}

/** Opens an existing house, works in it and closes it. Throws not-set-up where there is none yet. */
export const inHouse = async <T>(args: Arguments, work: (house: House) => Promise<T>): Promise<T> => {
  const house = await openHouse(configOf(args), { create: false })
  try {
    return await work(house)
  } finally {
    await house.close()
  }
}

/** The person named by --as, acting from the command line. */
export const personOf = async (house: House, args: Arguments): Promise<Actor> => {
  const user = await house.staff.findByEmail(args.need('as'))
  if (!user?.active) throw new Fault('not-found', { what: 'user' })
  return house.actorOf(user.id, { channel: 'cli', ip: '', mfa: true, purpose: args.text('purpose') ?? '' })
}
