// Names of what records point to, as the principal may see them.
import { type Actor, isFault } from '#kernel'
import type { Seen } from '#vault'
import type { House } from './house.ts'

/** Names of the records, users and teams that occur in these, as the principal may see them. */
export const titlesOf = async (
  house: House,
  actor: Actor,
  items: readonly Seen[],
): Promise<Readonly<Record<string, string>>> => {
  const wanted = new Map<string, Set<string>>()
  const want = (type: string, value: unknown): void => {
    if (typeof value === 'string') wanted.set(type, (wanted.get(type) ?? new Set()).add(value))
  }
  for (const item of items) {
    want('user', item.ownerId)
    want('team', item.teamId)
    for (const user of item.sharedWith) want('user', user)
    const type = house.vault.catalogue.types.find(({ name }) => name === item.type)
    for (const field of type?.fields ?? []) if (field.to !== undefined) want(field.to, item.values[field.name])
  }
  const found = await Promise.all(
    [...wanted].map(([type, ids]) =>
      house.vault.titles(actor, type, [...ids]).catch((error: unknown) => {
        // A type the principal may not list at all has no names for it.
        if (isFault(error, 'denied') || isFault(error, 'not-found')) return {}
        throw error
      }),
    ),
  )
  return Object.assign({}, ...found) as Readonly<Record<string, string>>
}

/** Names of users; services have none. */
export const namesOf = async (house: House, actor: Actor, ids: readonly string[]): Promise<(id: string) => string> => {
  const names = await house.vault.titles(actor, 'user', [...new Set(ids)])
  return (userId) => names[userId] ?? ''
}
