// Owners named in a file, matched to the users of the house by name or e-mail. Keeps crm-13.
import type { Actor, Uuid } from '#kernel'
import { normalText, type Vault } from '#vault'

export interface People {
  /** The user a cell names, or undefined. */
  find(text: string): Uuid | undefined
}

/** Reads the active users once. Two users of one name match nobody. */
export const readPeople = async (
  vault: Vault,
  actor: Actor,
  given: Readonly<Record<string, Uuid>>,
): Promise<People> => {
  const users = new Map<string, Uuid | null>()
  const add = (name: unknown, id: Uuid): void => {
    if (typeof name !== 'string' || name === '') return
    const key = normalText(name)
    users.set(key, users.has(key) && users.get(key) !== id ? null : id)
  }
  let cursor: string | undefined
  do {
    const page = await vault.list(actor, 'user', { limit: 200, ...(cursor === undefined ? {} : { cursor }) })
    for (const user of page.items) {
      if (user.values['active'] === false) continue
      add(user.values['name'], user.id)
      add(user.values['email'], user.id)
    }
    cursor = page.next
  } while (cursor !== undefined)
  const chosen = new Map(Object.entries(given).map(([name, id]) => [normalText(name), id]))
  return {
    find: (text) => {
      const key = normalText(text)
      // 李雷（北区销售部） is the user 李雷.
      const plain = key.replace(/\s*[([].*$/, '')
      return chosen.get(key) ?? users.get(key) ?? users.get(plain) ?? undefined
    },
  }
}
