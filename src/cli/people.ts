// People as verbs take and print them: given by e-mail, printed by name where whoever asks may list them.
import { type Actor, Fault, type Uuid } from '#kernel'
import { type House, namesFor } from '#server'

/** Id of the account with this e-mail. Throws not-found. */
export const userWith = async (house: House, email: string): Promise<Uuid> => {
  const user = await house.staff.findByEmail(email)
  if (!user) throw new Fault('not-found', { what: 'user' })
  return user.id
}

/** Says names instead of ids; the id where it is nobody whom the actor may list. */
export const naming = async (house: House, actor: Actor): Promise<(id: Uuid) => string> => {
  const names = await namesFor(house, actor)
  return (id) => names.get(id) ?? id
}
